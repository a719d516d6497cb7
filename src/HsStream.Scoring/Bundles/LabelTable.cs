using System.Globalization;
using System.Text;
using HsStream.Domain.Nomenclature;

namespace HsStream.Scoring.Bundles;

/// <summary>What each output of a model stands for, and how the outputs add up to headings and chapters; labels.tsv of a bundle.</summary>
/// <remarks>Immutable. Every label is a subheading of the edition, so nothing else can ever be predicted.</remarks>
public sealed class LabelTable
{
    private readonly int[] _headingOf;
    private readonly int[] _chapterOf;
    private readonly Dictionary<HsCode, int> _indexOf = [];

    /// <param name="codes">By label index.</param>
    /// <exception cref="NomenclatureException">A code is no subheading of the edition, or comes twice.</exception>
    public LabelTable(IReadOnlyList<HsCode> codes, NomenclatureEdition edition)
    {
        var nomenclature = HsNomenclature.Of(edition);
        Edition = edition;
        Codes = [.. codes];
        for (var i = 0; i < codes.Count; i++)
        {
            nomenclature.Require(codes[i]);
            if (codes[i].Level != HsLevel.Subheading || !_indexOf.TryAdd(codes[i], i))
            {
                throw new NomenclatureException($"Expected each label to be another subheading, got {codes[i]} as label {i}.");
            }
        }

        Headings = [.. Codes.Select(code => code.Heading).Distinct().Order()];
        Chapters = [.. Codes.Select(code => code.Chapter).Distinct().Order()];
        _headingOf = IndexOf(Headings, code => code.Heading);
        _chapterOf = IndexOf(Chapters, code => code.Chapter);
    }

    public NomenclatureEdition Edition { get; }

    /// <summary>Subheadings by label index.</summary>
    public IReadOnlyList<HsCode> Codes { get; }

    /// <summary>Headings of the labels, ascending.</summary>
    public IReadOnlyList<HsCode> Headings { get; }

    /// <summary>Chapters of the labels, ascending.</summary>
    public IReadOnlyList<HsCode> Chapters { get; }

    public int Count => Codes.Count;

    /// <summary>For each label the index of its heading in <see cref="Headings"/>.</summary>
    public ReadOnlySpan<int> HeadingOf => _headingOf;

    /// <summary>For each label the index of its chapter in <see cref="Chapters"/>.</summary>
    public ReadOnlySpan<int> ChapterOf => _chapterOf;

    /// <returns>-1 when the model does not know the code.</returns>
    public int Find(HsCode code) => _indexOf.GetValueOrDefault(code, -1);

    /// <summary>The bytes of labels.tsv: a line for each label, index, tab, six digits.</summary>
    public byte[] ToTsv()
    {
        var text = new StringBuilder();
        for (var i = 0; i < Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{i}\t{Codes[i]}\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <exception cref="NomenclatureException">Says which line is wrong and how, or which label the edition lacks.</exception>
    public static LabelTable Parse(ReadOnlySpan<byte> tsv, NomenclatureEdition edition)
    {
        var lines = Encoding.UTF8.GetString(tsv).Split('\n');
        if (lines.Length < 2 || lines[^1].Length > 0)
        {
            throw new NomenclatureException("Expected at least one label and a line end after the last.");
        }

        var codes = new List<HsCode>(lines.Length);
        foreach (var line in lines.AsSpan(0, lines.Length - 1))
        {
            var (index, tab) = (codes.Count.ToString(CultureInfo.InvariantCulture), line.IndexOf('\t', StringComparison.Ordinal));
            if (tab < 0 || line[..tab] != index || line.Length != tab + 7 || !HsCode.TryParse(line.AsSpan(tab + 1), out var code))
            {
                throw new NomenclatureException($"Expected line {codes.Count + 1} to be {index}, a tab and six digits, got '{(line.Length > 40 ? line[..40] : line)}'.");
            }

            codes.Add(code);
        }

        return new LabelTable(codes, edition);
    }

    private int[] IndexOf(IReadOnlyList<HsCode> groups, Func<HsCode, HsCode> groupOf)
    {
        var index = groups.Select((code, i) => (code, i)).ToDictionary();
        return [.. Codes.Select(code => index[groupOf(code)])];
    }
}
