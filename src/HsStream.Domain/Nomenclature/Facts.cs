using System.Globalization;

namespace HsStream.Domain.Nomenclature;

/// <summary>Reads the embedded code lists; <c>Facts/compact.py</c> writes them from the United Nations' tables.</summary>
internal static class Facts
{
    /// <summary>One heading a line, then the last two digits of each of its subheadings: "0101 21 29 30 90".</summary>
    public static IEnumerable<HsCode> Subheadings(NomenclatureEdition edition)
    {
        foreach (var line in Lines($"facts/{edition.Name.ToLowerInvariant()}"))
        {
            var parts = line.Split(' ');
            var heading = Number(parts[0]) * 100;
            foreach (var part in parts.Skip(1)) { yield return HsCode.FromNumber(heading + Number(part), HsLevel.Subheading); }
        }
    }

    /// <summary>HS 2022 codes that share one list of HS 2017 codes, a tab, that list with the United Nations' pick first.</summary>
    public static IEnumerable<(HsCode Hs2022, HsCode[] Hs2017)> Correlations()
    {
        foreach (var line in Lines("facts/hs2022-hs2017"))
        {
            var sides = line.Split('\t');
            var olds = sides[1].Split(' ').Select(Subheading).ToArray();
            foreach (var code in sides[0].Split(' ')) { yield return (Subheading(code), olds); }
        }
    }

    public static IEnumerable<string> Names(string prefix) =>
        typeof(Facts).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    public static IEnumerable<string> Lines(string name)
    {
        using var reader = new StreamReader(typeof(Facts).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource {name} is missing from {typeof(Facts).Assembly.GetName().Name}."));
        while (reader.ReadLine() is { } line) { yield return line; }
    }

    private static HsCode Subheading(string digits) => HsCode.FromNumber(Number(digits), HsLevel.Subheading);

    private static int Number(string digits) => int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
}
