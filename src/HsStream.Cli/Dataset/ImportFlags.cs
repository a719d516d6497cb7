using System.CommandLine;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.Import;

namespace HsStream.Cli.Dataset;

/// <summary>The options by which verbs that read a file of descriptions are told how.</summary>
internal sealed class ImportFlags
{
    private static readonly Dictionary<string, ImportFormat> Formats = new(StringComparer.OrdinalIgnoreCase)
    {
        ["csv"] = ImportFormat.Csv,
        ["tsv"] = ImportFormat.Tsv,
        ["jsonl"] = ImportFormat.JsonLines,
        ["lines"] = ImportFormat.Lines,
    };

    private readonly Option<string?> _format = new("--format") { Description = "csv, tsv, jsonl or lines; default: by the file's name, then by its content.", HelpName = "FORMAT" };
    private readonly Option<string?> _delimiter = new("--delimiter") { Description = "Character between columns, or 'tab'; default: found out.", HelpName = "CHAR" };
    private readonly Option<bool> _noHeader = new("--no-header") { Description = "The first row is data; name columns by position, such as #1." };
    private readonly Option<string?> _text = Column("--text-column", "Column of the description; default: the one with a usual name.");
    private readonly Option<string?> _code = Column("--code-column", "Column of the HS code, 6 or more digits; default: the one with a usual name.");
    private readonly Option<string?> _time = Column("--time-column", "Column of the time (ISO 8601, Unix seconds or milliseconds).");
    private readonly Option<string?> _sequence = Column("--sequence-column", "Column of a sequence number.");
    private readonly Option<string> _edition = new("--edition") { Description = "Edition of the file's codes.", HelpName = "HS2017|HS2022", DefaultValueFactory = _ => NomenclatureEdition.Hs2022.Name };
    private readonly Option<string?> _toEdition = new("--to-edition") { Description = "Edition to convert the codes to; default: none.", HelpName = "HS2017|HS2022" };
    private readonly Option<string> _ambiguous = new("--ambiguous") { Description = "A code that the target edition splits: reject the row, keep the same number where that is likeliest, or take the first, likeliest candidate.", HelpName = "reject|same|first", DefaultValueFactory = _ => "reject" };
    private readonly Option<bool> _restoreZeros = new("--restore-leading-zeros") { Description = "Take 10121 and 10121.0 for 010121, as spreadsheets write it." };
    private readonly Option<long?> _maxTextBytes = CommonOptions.Number("--max-text-bytes", 1, "Longest description; default: 32768.");

    /// <param name="withCodes">False for verbs that read descriptions alone.</param>
    public void AddTo(Command verb, bool withCodes)
    {
        foreach (var option in (Option[])[_format, _delimiter, _noHeader, _text, .. withCodes ? [_code] : Array.Empty<Option>(), _time, _sequence]) { verb.Add(option); }
        if (withCodes) { foreach (var option in (Option[])[_edition, _toEdition, _ambiguous, _restoreZeros]) { verb.Add(option); } }
        verb.Add(_maxTextBytes);
    }

    /// <summary>Whether the operator named the edition of the file's codes, rather than leaving it to be found out or assumed.</summary>
    public bool NamesEdition(ParseResult parsed) => parsed.GetResult(_edition) is { Implicit: false };

    public ImportOptions Read(ParseResult parsed) => new()
    {
        Format = parsed.GetValue(_format) is not { } format ? ImportFormat.Detect
            : Formats.TryGetValue(format, out var known) ? known
            : throw new OperatorException($"--format is '{format}'; expected csv, tsv, jsonl or lines"),
        Delimiter = parsed.GetValue(_delimiter) switch
        {
            null => null,
            "tab" or "\\t" => '\t',
            [var one] => one,
            var other => throw new OperatorException($"--delimiter is '{other}'; expected one character, or tab"),
        },
        HasHeader = !parsed.GetValue(_noHeader),
        Text = Column(parsed, _text),
        Code = Column(parsed, _code),
        Time = Column(parsed, _time),
        Sequence = Column(parsed, _sequence),
        Edition = NomenclatureEdition.Parse(parsed.GetValue(_edition) ?? NomenclatureEdition.Hs2022.Name),
        TargetEdition = parsed.GetValue(_toEdition) is { } target ? NomenclatureEdition.Parse(target) : null,
        Ambiguous = parsed.GetValue(_ambiguous) switch
        {
            "reject" or null => AmbiguousCodes.Reject,
            "same" => AmbiguousCodes.Same,
            "first" => AmbiguousCodes.First,
            var other => throw new OperatorException($"--ambiguous is '{other}'; expected reject, same or first"),
        },
        CodeReading = parsed.GetValue(_restoreZeros) ? HsCodeReading.Lenient : HsCodeReading.Strict,
        MaxTextBytes = (int)Math.Min(parsed.GetValue(_maxTextBytes) ?? new ImportOptions().MaxTextBytes, new ImportOptions().MaxRowBytes),
    };

    private static Option<string?> Column(string name, string what) => new(name) { Description = what, HelpName = "NAME|#N" };

    private static ColumnRef? Column(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } text ? ColumnRef.Parse(text) : null;
}
