namespace HsStream.Training.Datasets.Import;

/// <summary>The file as a whole, or its mapping, cannot be imported; single bad rows are in the report instead.</summary>
public sealed class ImportException(string message, Exception? inner = null) : Exception(message, inner);
