namespace HsStream.Training.Datasets.OfficialTexts;

/// <summary>One row of a published list.</summary>
/// <param name="Line">From 1; of a JSON file, the line on which the object starts.</param>
/// <param name="Code">As it is spelled; "" for a row that only groups those below it.</param>
/// <param name="Suffix">The European product line suffix, "80" for goods and others for groups; "" when the list has none.</param>
/// <param name="Indent">Depth in the list; null when the list does not tell.</param>
internal readonly record struct ListRecord(long Line, string Code, string Suffix, int? Indent, string Text);
