using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.Import;

namespace HsStream.Training.Datasets.Splits;

/// <summary>Rows to learn from and rows to be asked about; no text is in both.</summary>
/// <param name="Method">How the rows were divided, in words.</param>
public sealed record DatasetSplit(string Method, IReadOnlyList<LabelledDescription> Train, IReadOnlyList<LabelledDescription> Test)
{
    /// <summary>One row for each text and code; about a tenth of the texts, by their hash, are the test part.</summary>
    public static DatasetSplit ByText(IReadOnlyList<LabelledDescription> rows)
    {
        var (train, test) = (new List<LabelledDescription>(), new List<LabelledDescription>());
        foreach (var row in Deduplicate(rows)) { (DescriptionKey.Tenth(DescriptionKey.Of(row.Text)) == 0 ? test : train).Add(row); }
        return new DatasetSplit("one row for each text and code, about a tenth of the texts by their hash", train, test);
    }

    /// <summary>The last fifth of the stream is the test part, less every text that was seen before it; each part deduplicated.</summary>
    /// <param name="rows">In stream order.</param>
    public static DatasetSplit Later(IReadOnlyList<LabelledDescription> rows)
    {
        var cut = (int)(rows.Count * 4L / 5);
        var earlier = rows.Take(cut).ToList();
        var known = earlier.Select(row => DescriptionKey.Of(row.Text)).ToHashSet(StringComparer.Ordinal);
        return new DatasetSplit(
            "last fifth of the stream, less the texts seen before it",
            Deduplicate(earlier),
            Deduplicate([.. rows.Skip(cut).Where(row => !known.Contains(DescriptionKey.Of(row.Text)))]));
    }

    /// <summary>The first row of each text and code, in order. Texts that differ in digits only are one text.</summary>
    public static IReadOnlyList<LabelledDescription> Deduplicate(IReadOnlyList<LabelledDescription> rows)
    {
        var seen = new HashSet<(string, HsCode)>();
        return [.. rows.Where(row => seen.Add((DescriptionKey.Of(row.Text), row.Code)))];
    }

    /// <summary>The same rows with <see cref="DescriptionKey.Normalise"/>d texts, as split files hold them.</summary>
    public DatasetSplit Normalised() => this with { Train = Normalise(Train), Test = Normalise(Test) };

    private static IReadOnlyList<LabelledDescription> Normalise(IReadOnlyList<LabelledDescription> rows) =>
        [.. rows.Select(row => row with { Text = DescriptionKey.Normalise(row.Text) })];
}
