using HsStream.Domain.Nomenclature;

namespace HsStream.Scoring.Explanation;

/// <summary>A training text that is near a description in the model's own terms.</summary>
/// <param name="RowId">Row or event of the training data in which the text first came with this code.</param>
/// <param name="Rows">Training rows with this text and code.</param>
/// <param name="Similarity">Cosine of the embeddings, -1 to 1, to about two decimals.</param>
public sealed record Precedent(string Text, HsCode Code, long RowId, int Rows, float Similarity);

/// <summary>What precedents.bin holds.</summary>
public sealed record PrecedentOptions
{
    /// <summary>Values of a stored embedding; a longer one is projected onto its main directions.</summary>
    public int Dimensions { get; init; } = 64;

    /// <summary>Most texts that are kept; beyond it an even sample over the rows.</summary>
    public int MaxTexts { get; init; } = 60_000;

    /// <summary>UTF-16 units that are kept of a text.</summary>
    public int MaxTextLength { get; init; } = 200;
}
