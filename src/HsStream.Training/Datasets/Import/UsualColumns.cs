namespace HsStream.Training.Datasets.Import;

/// <summary>Finds a column by the names such columns usually have, when no mapping says which it is.</summary>
internal static class UsualColumns
{
    private static readonly string[] Texts =
    [
        "description", "goodsdescription", "productdescription", "itemdescription", "commoditydescription", "text", "descriptionofgoods",
        "goods", "product", "item", "title", "name",
    ];

    private static readonly string[] Codes =
    [
        "hs6", "hscode", "hs", "code", "commoditycode", "tariffcode", "htscode", "hts", "htsno", "hs10", "hs8", "cncode", "taric", "label", "tariff",
    ];

    public static ColumnRef Text(RowSource rows) => Find(rows, Texts, "description", "--text-column");

    public static ColumnRef Code(RowSource rows) => Find(rows, Codes, "HS code", "--code-column");

    private static ColumnRef Find(RowSource rows, string[] usual, string what, string option)
    {
        if (rows is PlainRows) { return new ColumnRef("", 0); }
        foreach (var name in usual)
        {
            if (rows.Names.FirstOrDefault(n => Plain(n) == name) is { } found) { return new ColumnRef(found, -1); }
        }

        throw new ImportException(rows.Names.Count == 0
            ? $"Which column holds the {what}? Expected {option} with its position, such as #1."
            : $"Which column holds the {what}? Expected {option} with one of: {string.Join(", ", rows.Names)}.");
    }

    private static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
