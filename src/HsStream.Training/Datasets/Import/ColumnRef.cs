using System.Globalization;

namespace HsStream.Training.Datasets.Import;

/// <summary>A column by its name in the header (or property of a JSON object), or by its position.</summary>
/// <param name="Index">From 0; negative when only the name counts.</param>
public sealed record ColumnRef(string Name, int Index)
{
    /// <param name="text">
    /// "hs6" is a name, "#3" the third column; "3" is a column of that name where there is one, else the third column.
    /// A JSON property inside another is "goods.text".
    /// </param>
    /// <exception cref="ImportException">Empty, or a position below 1.</exception>
    public static ColumnRef Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var isPosition = text.StartsWith('#');
        if (int.TryParse(isPosition ? text[1..] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
        {
            return position > 0 ? new ColumnRef(isPosition ? "" : text, position - 1)
                : throw new ImportException($"Expected a column's position from 1 on, got '{text}'.");
        }

        return text.Length > 0 && !isPosition ? new ColumnRef(text, -1) : throw new ImportException($"Expected a column's name or its position such as #2, got '{text}'.");
    }

    public override string ToString() => Name.Length > 0 ? Name : $"#{Index + 1}";
}
