using System.Reflection;
using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Catalogue;

/// <summary>Trade phrases for subheadings of HS 2022, written for this project. Immutable.</summary>
public sealed class ProductCatalogue
{
    private const string ResourcePrefix = "phrases/";
    private const char NovelMark = '~';

    private static readonly Lazy<ProductCatalogue> ShippedOnce = new(() => new ProductCatalogue(ReadShipped()));

    private readonly Dictionary<HsCode, CatalogueEntry> _byCode;

    /// <exception cref="InvalidDataException">Two entries have one code.</exception>
    public ProductCatalogue(IEnumerable<CatalogueEntry> entries)
    {
        Entries = [.. entries.OrderBy(e => e.Code)];
        _byCode = [];
        foreach (var entry in Entries)
        {
            if (!_byCode.TryAdd(entry.Code, entry)) { throw new InvalidDataException($"Expected one entry for {entry.Code}, got two."); }
        }
    }

    /// <summary>The catalogue that comes with the project.</summary>
    public static ProductCatalogue Shipped => ShippedOnce.Value;

    /// <summary>Ascending by code.</summary>
    public IReadOnlyList<CatalogueEntry> Entries { get; }

    /// <returns>Null when the catalogue has no phrases for the code.</returns>
    public CatalogueEntry? Find(HsCode code) => _byCode.GetValueOrDefault(code);

    /// <summary>Reads lines of code, tab, and phrases divided by '|', of which those marked '~' are novel; empty lines and '#' lines are skipped.</summary>
    /// <param name="name">For messages.</param>
    /// <exception cref="InvalidDataException">It names the line and what is wrong with it.</exception>
    public static IEnumerable<CatalogueEntry> Parse(string name, TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var valid = HsNomenclature.Of(NomenclatureEdition.Hs2022);
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Length == 0 || line[0] == '#') { continue; }
            var parts = line.Split('\t');
            if (parts.Length != 2) { throw Wrong($"a code, a tab and phrases, got {parts.Length} columns"); }
            if (!HsCode.TryParse(parts[0], out var code) || code.Level != HsLevel.Subheading) { throw Wrong($"a subheading, got '{parts[0]}'"); }
            if (!valid.Contains(code)) { throw Wrong(valid.Explain(code)); }
            var phrases = parts[1].Split('|');
            if (phrases.FirstOrDefault(p => !IsTidy(p)) is { } untidy) { throw Wrong($"phrases of words with single spaces between them, got '{untidy}'"); }
            if (phrases.GroupBy(p => p.TrimStart(NovelMark)).FirstOrDefault(g => g.Count() > 1) is { } twice) { throw Wrong($"different phrases, got '{twice.Key}' twice"); }
            var entry = new CatalogueEntry(code, [.. phrases.Where(p => p[0] != NovelMark)], [.. phrases.Where(p => p[0] == NovelMark).Select(p => p[1..])]);
            yield return entry.Phrases.Count > 0 ? entry : throw Wrong("at least one phrase that is not novel");

            InvalidDataException Wrong(string expected) => new($"{name} line {number}: expected {expected}.");
        }
    }

    private static bool IsTidy(string phrase)
    {
        var words = phrase.StartsWith(NovelMark) ? phrase[1..] : phrase;
        return words.Length > 0 && words.Split(' ').All(w => w.Length > 0) && !words.Contains(NovelMark, StringComparison.Ordinal);
    }

    private static IEnumerable<CatalogueEntry> ReadShipped()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            foreach (var entry in Parse(name, reader)) { yield return entry; }
        }
    }
}
