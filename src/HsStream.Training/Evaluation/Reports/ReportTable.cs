namespace HsStream.Training.Evaluation.Reports;

/// <summary>A table of a report, the same in every form of it.</summary>
/// <param name="Id">Short; names it in the page.</param>
/// <param name="Note">What the figures mean, in a sentence or two; may be empty.</param>
/// <param name="TextColumns">The first so many columns are words, the others figures.</param>
public sealed record ReportTable(string Id, string Title, string Note, int TextColumns, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);
