namespace HsStream.Training.Datasets.Import;

public enum ImportFormat
{
    /// <summary>By the file's name, else by its first bytes.</summary>
    Detect,

    /// <summary>RFC 4180, with whatever delimiter the file uses.</summary>
    Csv,

    /// <summary>Tab-separated; a quote that does not fit RFC 4180 is then an ordinary character, as plain TSV knows no quotes.</summary>
    Tsv,

    /// <summary>One JSON object, or array, a line.</summary>
    JsonLines,

    /// <summary>One description a line, no columns.</summary>
    Lines,
}

/// <summary>What becomes of a code that the target edition splits.</summary>
public enum AmbiguousCodes
{
    /// <summary>The row is rejected and the report names the candidates.</summary>
    Reject,

    /// <summary>
    /// The code keeps its number where that is the likeliest candidate; else the row is rejected. Most splits are of this kind: the code
    /// goes on, and HS 2022 took its waste (8549), display modules (8524) or the like out of it.
    /// </summary>
    Same,

    /// <summary>The likeliest candidate is taken; see <see cref="HsStream.Domain.Nomenclature.Conversion.Candidates"/>.</summary>
    First,
}
