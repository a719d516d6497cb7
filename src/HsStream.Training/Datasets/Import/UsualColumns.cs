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

    private static readonly string[] Ids = ["descriptionid", "id", "lineid", "itemid", "recordid", "declarationid", "reference", "ref"];

    private static readonly string[] Sources = ["source", "shipper", "sender", "customer", "system", "origin"];

    private static readonly string[] Declared = ["declaredcode", .. Codes];

    private static readonly string[] Times = ["describedat", "timestamp", "time", "datetime", "createdat", "date"];

    public static ColumnRef Text(RowSource rows) => Find(rows, Texts, "description", "--text-column");

    public static ColumnRef Code(RowSource rows) => Find(rows, Codes, "HS code", "--code-column");

    /// <returns>Null when no column has a usual name, as for the others that a file may lack.</returns>
    public static ColumnRef? Id(RowSource rows) => TryFind(rows, Ids);

    public static ColumnRef? Source(RowSource rows) => TryFind(rows, Sources);

    public static ColumnRef? DeclaredCode(RowSource rows) => TryFind(rows, Declared);

    public static ColumnRef? Time(RowSource rows) => TryFind(rows, Times);

    private static ColumnRef? TryFind(RowSource rows, string[] usual) =>
        usual.Select(name => rows.Names.FirstOrDefault(n => Plain(n) == name)).FirstOrDefault(found => found is not null) is { } column ? new ColumnRef(column, -1) : null;

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
