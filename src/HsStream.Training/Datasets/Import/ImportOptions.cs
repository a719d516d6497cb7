using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Datasets.Import;

/// <summary>How a file of descriptions is read.</summary>
public sealed record ImportOptions
{
    public ImportFormat Format { get; init; } = ImportFormat.Detect;

    /// <summary>An ASCII character; null for the one that divides the first rows most evenly.</summary>
    public char? Delimiter { get; init; }

    public bool HasHeader { get; init; } = true;

    /// <summary>Null takes the column with a usual name, such as "description".</summary>
    public ColumnRef? Text { get; init; }

    /// <summary>Null takes the column with a usual name, such as "hs6"; not looked at when no labels are wanted.</summary>
    public ColumnRef? Code { get; init; }

    /// <summary>ISO 8601, or Unix time in seconds (up to 11 digits) or milliseconds.</summary>
    public ColumnRef? Time { get; init; }

    /// <summary>A whole number.</summary>
    public ColumnRef? Sequence { get; init; }

    /// <summary>The description's id, when descriptions are published; null takes the column with a usual name, where there is one.</summary>
    public ColumnRef? Id { get; init; }

    /// <summary>Who wrote the description, when descriptions are published; null takes the column with a usual name, where there is one.</summary>
    public ColumnRef? Source { get; init; }

    /// <summary>What else goes along when descriptions are published.</summary>
    public IReadOnlyList<ColumnRef> Attributes { get; init; } = [];

    /// <summary>The edition that the file's codes belong to.</summary>
    public NomenclatureEdition Edition { get; init; } = NomenclatureEdition.Hs2022;

    /// <summary>The edition that the codes are converted to; null leaves them.</summary>
    public NomenclatureEdition? TargetEdition { get; init; }

    public AmbiguousCodes Ambiguous { get; init; } = AmbiguousCodes.Reject;

    public HsCodeReading CodeReading { get; init; } = HsCodeReading.Strict;

    /// <summary>Longest description in UTF-8 bytes; a longer one is rejected.</summary>
    public int MaxTextBytes { get; init; } = 32 * 1024;

    /// <summary>Longest row in bytes, quoted line breaks included; bounds the memory of an import.</summary>
    public int MaxRowBytes { get; init; } = 1024 * 1024;
}
