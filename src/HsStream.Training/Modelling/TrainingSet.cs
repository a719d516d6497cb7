using System.Security.Cryptography;
using System.Text;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Catalogue;

namespace HsStream.Training.Modelling;

/// <summary>A text to learn from.</summary>
/// <param name="Weight">How much it counts in the loss, above 0.</param>
/// <param name="IsCatalogue">Whether it is a phrase of the shipped catalogue: never held out, never a precedent.</param>
public readonly record struct TrainingText(string Text, HsCode Code, float Weight, bool IsCatalogue);

/// <summary>The rows of a model: its data, each kind of text once, and the catalogue's phrases.</summary>
public sealed class TrainingSet
{
    private TrainingSet(IReadOnlyList<TrainingText> texts, long dataRows, string dataHash) =>
        (Texts, DataRows, DataHash) = (texts, dataRows, dataHash);

    /// <summary>Data first, in the order it came in, then the catalogue.</summary>
    public IReadOnlyList<TrainingText> Texts { get; }

    /// <summary>Rows of the data before duplicates were taken out.</summary>
    public long DataRows { get; }

    /// <summary><c>sha256:</c> over text, a tab, code and a line end of every row of the data, in order.</summary>
    public string DataHash { get; }

    /// <param name="catalogue">Null leaves it out.</param>
    /// <exception cref="NomenclatureException">A code is no subheading of the settings' edition.</exception>
    /// <exception cref="ArgumentException">There is no row.</exception>
    public static TrainingSet Of(IEnumerable<(string Text, HsCode Code)> data, ModelSettings settings, ProductCatalogue? catalogue)
    {
        var nomenclature = HsNomenclature.Of(settings.Edition);
        var texts = new List<TrainingText>();
        var seen = new HashSet<(string Key, HsCode Code)>();
        var rows = 0L;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (text, code) in data)
        {
            nomenclature.Require(code);
            rows++;
            hash.AppendData(Encoding.UTF8.GetBytes($"{text}\t{code}\n"));
            if (!settings.CollapseDuplicates || seen.Add((KeyOf(text), code))) { texts.Add(new TrainingText(text, code, 1, IsCatalogue: false)); }
        }

        if (rows == 0) { throw new ArgumentException("There is no row to learn from."); }
        if (catalogue is not null && settings.CatalogueWeight > 0) { texts.AddRange(Phrases(catalogue, settings)); }
        return new TrainingSet(texts, rows, "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>The same set without some of the data's texts.</summary>
    public TrainingSet Without(IReadOnlySet<int> rows) => new([.. Texts.Where((_, row) => !rows.Contains(row))], DataRows, DataHash);

    /// <summary>What is left of a text when case, digits and everything but letters, digits, %, &lt; and &gt; do not matter.</summary>
    /// <remarks>Published splits of the customs rows keep ASCII letters only, and have a key of their own; here letters of every script must count.</remarks>
    internal static string KeyOf(string text)
    {
        var key = new StringBuilder(text.Length);
        foreach (var c in text.ToLowerInvariant())
        {
            var next = char.IsDigit(c) ? '#' : char.IsLetter(c) || c is '%' or '<' or '>' ? c : ' ';
            var last = key.Length == 0 ? ' ' : key[^1];
            // Runs of digits and runs of separators are one.
            if (next is '#' or ' ' && next == last) { continue; }
            key.Append(next);
        }

        return key.ToString().TrimEnd();
    }

    private static IEnumerable<TrainingText> Phrases(ProductCatalogue catalogue, ModelSettings settings)
    {
        foreach (var entry in catalogue.Entries)
        {
            // Where the other edition splits a code, the likeliest part gets the phrases.
            if (Correlation.Convert(entry.Code, NomenclatureEdition.Hs2022, settings.Edition).Candidates is not [var code, ..]) { continue; }
            foreach (var phrase in entry.Phrases) { yield return new TrainingText(phrase, code, (float)settings.CatalogueWeight, IsCatalogue: true); }
        }
    }
}
