using HsStream.Training.Datasets.Import;

namespace HsStream.Training.Datasets.OfficialTexts;

/// <summary>Which column of a published list is which: the United Nations', the US, the UK and the EU each have names of their own.</summary>
internal sealed class ListColumns
{
    private static readonly string[] Codes =
    [
        "htsno", "htsnumber", "goodsnomenclatureitemid", "commoditycode", "goodscode", "cncode", "code10", "code", "hscode", "productcode", "commodity", "cn", "id",
    ];

    private static readonly string[] Texts =
    [
        "description", "commoditydescription", "descriptionen", "nameen", "nameeng", "longdescription", "long", "text", "selfexplanatorytexten", "selfexplanatorytext", "label", "name",
    ];

    private static readonly string[] Indents = ["indent", "indents", "commodityindent", "numberindents", "numberofindents", "indentation"];

    // The second spelling is the UK's own.
    private static readonly string[] Suffixes = ["productlinesuffix", "produclinesuffix", "commoditysuffix", "commodityproductlinesuffix", "suffix", "pls"];

    private ListColumns(int code, int text, int indent, int suffix) => (Code, Text, Indent, Suffix) = (code, text, indent, suffix);

    /// <summary>Index among the names; below 0 for none, as with the others.</summary>
    public int Code { get; }

    public int Text { get; }

    public int Indent { get; }

    public int Suffix { get; }

    /// <exception cref="ImportException">There is no column of codes or none of texts.</exception>
    public static ListColumns Find(IReadOnlyList<string> names)
    {
        var plain = names.Select(n => string.Concat(n.Where(char.IsLetterOrDigit)).ToLowerInvariant()).ToList();
        var (code, text) = (First(Codes), First(Texts));
        return code >= 0 && text >= 0 ? new ListColumns(code, text, First(Indents), First(Suffixes))
            : throw new ImportException(
                $"Expected a column of codes (such as code, htsno, commodity_code, CN_CODE) and one of texts (such as description), got: {string.Join(", ", names)}.");

        int First(string[] usual)
        {
            foreach (var name in usual)
            {
                if (plain.IndexOf(name) is var at and >= 0) { return at; }
            }

            return -1;
        }
    }
}
