namespace HsStream.Training.Export;

/// <summary>How numbers are kept in the file. Arithmetic is float32 in any case.</summary>
public enum WeightPrecision
{
    Full,

    /// <summary>16 bits: relative error up to 0.0005.</summary>
    Half,

    /// <summary>8 bits and one float32 scale a row of a table or column of a matrix: error up to 1/254 of its largest value.</summary>
    Eight,

    /// <summary>4 bits and one float32 scale for every 64 numbers of a row; for tables only. Needs ONNX Runtime, whose own operator reads them.</summary>
    Four,
}

/// <param name="Tables">Embedding tables, read row by row: the file and the memory of the server shrink alike.</param>
/// <param name="Matrices">Dense weights: the file shrinks; the runtime widens them once when it loads.</param>
public sealed record ExportOptions(WeightPrecision Tables = WeightPrecision.Full, WeightPrecision Matrices = WeightPrecision.Full);
