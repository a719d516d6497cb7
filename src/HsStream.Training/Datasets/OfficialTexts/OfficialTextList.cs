using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.Import;

namespace HsStream.Training.Datasets.OfficialTexts;

/// <param name="Line">From 1.</param>
public sealed record SkippedRow(long Line, string Reason);

/// <summary>Full texts of codes, read from a list that somebody publishes and the user has fetched.</summary>
/// <remarks>
/// National lists go beyond six digits. A subheading's text is that of its own row with the groups above it ("Horses: pure-bred"), or,
/// where it has no row of its own, those of the rows below it.
/// </remarks>
public sealed class OfficialTextList
{
    /// <summary>A list of another edition has 2 to 7% of codes that this one lacks; slips of the pen stay below this.</summary>
    private const double TolerableUnknownShare = 0.01;

    private OfficialTextList(NomenclatureEdition edition, IReadOnlyDictionary<HsCode, string> texts, IReadOnlyList<HsCode> unknown, IReadOnlyList<SkippedRow> skipped) =>
        (Edition, Texts, Unknown, Skipped) = (edition, texts, unknown, skipped);

    public NomenclatureEdition Edition { get; }

    /// <summary>Codes of the edition only, ascending.</summary>
    public IReadOnlyDictionary<HsCode, string> Texts { get; }

    /// <summary>Codes of the list that the edition lacks; chapters 98 and 99, which belong to countries, aside.</summary>
    public IReadOnlyList<HsCode> Unknown { get; }

    /// <summary>Rows whose code cannot be read or that have no text.</summary>
    public IReadOnlyList<SkippedRow> Skipped { get; }

    public double UnknownShare => Unknown.Count == 0 ? 0 : Unknown.Count / (double)(Unknown.Count + Texts.Count);

    /// <summary>Another edition that fits the list better; null when this one fits.</summary>
    public NomenclatureEdition? BetterEdition => UnknownShare <= TolerableUnknownShare ? null
        : NomenclatureEdition.All.Where(e => e != Edition)
            .Select(e => (Edition: e, Misfits: Unknown.Concat(Texts.Keys).Count(c => !HsNomenclature.Of(e).Contains(c))))
            .Where(e => e.Misfits < Unknown.Count)
            .OrderBy(e => e.Misfits).Select(e => e.Edition).FirstOrDefault();

    /// <exception cref="ImportException">The file cannot be read, has no such columns, or none of its codes is one of the edition.</exception>
    public static OfficialTextList Read(string path, NomenclatureEdition edition)
    {
        try
        {
            return Read(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1), path, edition);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImportException($"Cannot read {path}: {e.Message}", e);
        }
    }

    /// <param name="stream">Is closed.</param>
    public static OfficialTextList Read(Stream stream, string name, NomenclatureEdition edition)
    {
        using (stream)
        {
            var builder = new Builder(edition);
            foreach (var record in ListReader.Read(stream, name)) { builder.Add(record); }
            return builder.Build();
        }
    }

    private sealed class Builder(NomenclatureEdition edition)
    {
        private const int LongestText = 4000;

        private readonly HsNomenclature _nomenclature = HsNomenclature.Of(edition);
        private readonly Dictionary<HsCode, string> _own = [];
        private readonly Dictionary<HsCode, List<string>> _below = [];
        private readonly SortedSet<HsCode> _unknown = [];
        private readonly List<SkippedRow> _skipped = [];
        private readonly List<(int Indent, string Text, bool IsHeading)> _above = [];

        public void Add(ListRecord record)
        {
            if (record is { Code: "", Text: "" } || IsAboveChapters(record.Code)) { return; }
            HsCodeRead read = default;
            var isGroup = record.Code.Length == 0 || record.Suffix is not ("" or "80");
            if (!isGroup)
            {
                read = ReadCode(record);
                if (read.Error is not null)
                {
                    _skipped.Add(new SkippedRow(record.Line, read.Error));
                    return;
                }
            }

            if (record.Text.Length == 0)
            {
                _skipped.Add(new SkippedRow(record.Line, $"'{record.Code}' has no text"));
                return;
            }

            var text = WithGroups(record, isHeading: !isGroup && read.Code.Level != HsLevel.Subheading);
            if (!isGroup) { Keep(read, text); }
        }

        public OfficialTextList Build()
        {
            foreach (var (code, texts) in _below) { _own.TryAdd(code, Shorten(string.Join("; ", texts.Distinct()))); }
            if (_own.Count == 0)
            {
                throw new ImportException(_skipped.Count > 0 ? $"No row has a code of {edition}; line {_skipped[0].Line}: {_skipped[0].Reason}."
                    : $"No row has a code of {edition}.");
            }

            return new OfficialTextList(edition, new SortedDictionary<HsCode, string>(_own), [.. _unknown], _skipped);
        }

        /// <summary>"TOTAL", or the Roman number of a section.</summary>
        private static bool IsAboveChapters(string code) => code.Equals("TOTAL", StringComparison.OrdinalIgnoreCase) || (code.Length > 0 && code.All(c => c is 'I' or 'V' or 'X'));

        /// <summary>The row's text behind those of the groups it stands in, below the heading.</summary>
        private string WithGroups(ListRecord record, bool isHeading)
        {
            if (record.Indent is not { } indent) { return record.Text; }
            _above.RemoveAll(a => a.Indent >= indent);
            var text = string.Join(": ", _above.Where(a => !a.IsHeading).Select(a => a.Text).Append(record.Text));
            _above.Add((indent, record.Text, isHeading));
            return text;
        }

        private void Keep(HsCodeRead read, string text)
        {
            var code = read.Code;
            if (code.Chapter.Number >= 98) { return; }
            if (!_nomenclature.Contains(code))
            {
                _unknown.Add(code);
                return;
            }

            if (read.NationalDigits.AsSpan().TrimStart('0').Length > 0)
            {
                if (!_below.TryGetValue(code, out var texts)) { _below.Add(code, texts = []); }
                texts.Add(text);
                return;
            }

            _own.TryAdd(code, Shorten(text));
            // A heading that is not divided stands once in the lists, as 0501 or 0501000000, and is a subheading too.
            if (code.Level == HsLevel.Heading && _nomenclature.Children(code) is [var only]) { _below.TryAdd(only, [text]); }
        }

        /// <summary>In lists that tell how deep a row is, ten digits that end in eight or six zeros are a chapter or a heading.</summary>
        private static HsCodeRead ReadCode(ListRecord record)
        {
            var spelling = record.Code;
            var digits = string.Concat(spelling.Where(char.IsAsciiDigit));
            var isTree = record.Indent is not null || record.Suffix.Length > 0;
            if (isTree && digits.Length >= 8 && digits.Length == spelling.Count(c => c is not (' ' or '.')))
            {
                if (digits.AsSpan(2).TrimStart('0').Length == 0) { return HsCodeReading.Read(digits.AsSpan(0, 2), HsCodeReading.Strict); }
                if (digits.AsSpan(4).TrimStart('0').Length == 0) { return HsCodeReading.Read(digits.AsSpan(0, 4), HsCodeReading.Strict); }
            }

            return HsCodeReading.Read(spelling, digits.Length is 1 or 3 or 5 ? HsCodeReading.Lenient : HsCodeReading.Strict);
        }

        private static string Shorten(string text) => text.Length <= LongestText ? text : string.Concat(text.AsSpan(0, LongestText - 1), "…");
    }
}
