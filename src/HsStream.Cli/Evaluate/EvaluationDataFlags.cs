using System.CommandLine;
using HsStream.Cli.Dataset;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Catalogue;
using HsStream.Training.Datasets.Import;
using HsStream.Training.Datasets.Splits;
using HsStream.Training.Evaluation;

namespace HsStream.Cli.Evaluate;

/// <summary>Which rows an evaluation is on, and how they are divided.</summary>
internal sealed class EvaluationDataFlags
{
    private const int GeneratedLines = 20_000;
    private static readonly string[] Splits = ["dedup", "later", "stream", "all"];

    private readonly Option<string?> _data = new("--data") { Description = "CSV, TSV or JSON lines of descriptions with codes, in stream order; default: shipment lines generated from the shipped catalogue.", HelpName = "FILE" };
    private readonly ImportFlags _import = new();
    private readonly Option<string?> _split = new("--split")
    {
        Description = "dedup: a tenth of the deduplicated texts is asked; later: the last fifth of the stream, less what was seen; stream: block by block; all: all three. Default: dedup, or with --model all rows as they are.",
        HelpName = "dedup|later|stream|all",
    };

    private readonly Option<string?> _train = new("--train") { Description = "Rows to learn from instead of --data: lines of code, tab, text.", HelpName = "FILE" };
    private readonly Option<string?> _test = new("--test") { Description = "Rows to ask about instead of --data, likewise.", HelpName = "FILE" };
    private readonly Option<bool> _rawText = new("--raw-text") { Description = "Leave the texts as they are, instead of in lower case without punctuation as split files have them." };
    private readonly Option<long?> _generated = CommonOptions.Number("--generated-lines", 1000, $"Lines to generate without --data; default: {GeneratedLines}.");

    public void AddTo(Command verb)
    {
        verb.Add(_data);
        _import.AddTo(verb, withCodes: true);
        foreach (var option in (Option[])[_split, _train, _test, _rawText, _generated]) { verb.Add(option); }
    }

    /// <param name="hasModel">Whether the model is there already, so that no rows to learn from are needed.</param>
    public EvaluationInput Read(ParseResult parsed, bool hasModel, long seed, TextWriter errors, CancellationToken cancellationToken)
    {
        var split = parsed.GetValue(_split);
        if (split is not null && !Splits.Contains(split)) { throw new OperatorException($"--split is '{split}'; expected {string.Join(", ", Splits)}"); }
        var options = _import.Read(parsed);
        if (parsed.GetValue(_test) is { } test) { return ReadFiles(parsed, test, hasModel, split, options.Edition); }
        if (parsed.GetValue(_train) is not null) { throw new OperatorException("--train needs --test with the rows to ask about"); }
        var file = parsed.GetValue(_data);
        var read = file is null ? null : LabelledFile.Read(file, options, _import.NamesEdition(parsed), errors, cancellationToken);
        var rows = read?.Rows ?? Generate(parsed, seed);
        var edition = read?.Edition ?? NomenclatureEdition.Hs2022;
        var source = file is null ? "shipment lines generated from the shipped catalogue, which real texts are harder than" : Path.GetFileName(file);
        if (hasModel && split is ("stream" or "all")) { throw new OperatorException($"--split {split} makes new models; expected dedup or later with --model"); }

        var parts = new List<(string, DatasetSplit)>();
        if (hasModel && split is null) { parts.Add(("as-is", new DatasetSplit("all rows of the file", [], rows))); }
        if (split is "dedup" or "all" || (split is null && !hasModel)) { parts.Add(("split", Form(DatasetSplit.ByText(rows)))); }
        if (split is "later" or "all") { parts.Add(("later", Form(DatasetSplit.Later(rows)))); }
        var form = parsed.GetValue(_rawText) || parts.All(part => part.Item1 == "as-is") ? "as they are"
            : split is "all" ? "normalised as in split files; those of the stream as they are" : "normalised as in split files";
        return new EvaluationInput(
            edition, new DataFacts(source, edition.Name, rows.Count, read?.Report.Rejected ?? 0, Codes(rows), form), parts, split is "stream" or "all" ? rows : null, rows);

        DatasetSplit Form(DatasetSplit divided) => parsed.GetValue(_rawText) ? divided : divided.Normalised();
    }

    private EvaluationInput ReadFiles(ParseResult parsed, string test, bool hasModel, string? split, NomenclatureEdition edition)
    {
        if (parsed.GetValue(_data) is not null || split is not null) { throw new OperatorException("--test is a division of its own; expected neither --data nor --split with it"); }
        var asked = SplitFiles.ReadRows(test, edition);
        var train = parsed.GetValue(_train);
        if (train is null && !hasModel) { throw new OperatorException("--test needs --train with the rows to learn from, or --model"); }
        var learnt = train is null ? [] : SplitFiles.ReadRows(train, edition);
        var method = train is null ? $"all of {Path.GetFileName(test)}" : $"{Path.GetFileName(train)} and {Path.GetFileName(test)}";
        List<LabelledDescription> rows = [.. learnt, .. asked];
        return new EvaluationInput(
            edition, new DataFacts(method, edition.Name, rows.Count, 0, Codes(rows), "as in the files"), [("given", new DatasetSplit(method, learnt, asked))], null, asked);
    }

    private List<LabelledDescription> Generate(ParseResult parsed, long seed)
    {
        var lines = (int)Math.Min(parsed.GetValue(_generated) ?? GeneratedLines, 10_000_000);
        var generator = new ShipmentGenerator(ProductCatalogue.Shipped, new GeneratorOptions { Seed = (ulong)seed, ExpectedCount = lines });
        return [.. generator.Generate(lines).Select(line => new LabelledDescription(line.Description, line.Label, line.Row + 1, line.Time, line.Row))];
    }

    private static int Codes(IReadOnlyList<LabelledDescription> rows) => rows.Select(row => row.Code).Distinct().Count();
}
