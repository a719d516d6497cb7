using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Onnx;
using HsStream.Training.Datasets.Import;
using HsStream.Training.Evaluation;
using HsStream.Training.Evaluation.Costs;
using HsStream.Training.Evaluation.Metrics;

namespace HsStream.UnitTests.Training.Evaluation;

/// <summary>"Models" that answer the code most frequent in their rows, and remember what they were made of and asked.</summary>
internal sealed class TableMaker : IModelMaker
{
    public List<(string Architecture, IReadOnlyList<LabelledDescription> Rows)> Made { get; } = [];

    public List<IReadOnlyList<LabelledDescription>> Asked { get; } = [];

    public int Disposed { get; private set; }

    public MadeModel Make(string architecture, IReadOnlyList<LabelledDescription> rows, CancellationToken cancellationToken)
    {
        Made.Add((architecture, rows));
        if (architecture == "broken") { throw new InvalidOperationException("it has too many weights"); }
        return new MadeModel(new Table(this, [.. rows.GroupBy(row => row.Code).OrderByDescending(g => g.Count()).Select(g => g.Key)]), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), 7);
    }

    public static List<LabelledDescription> Rows(params (string Text, string Code)[] rows) =>
        [.. rows.Select((row, i) => new LabelledDescription(row.Text, HsCode.Parse(row.Code), i + 1, null, null))];

    private sealed class Table(TableMaker maker, IReadOnlyList<HsCode> codes) : IClassifier
    {
        public string Name => "table";

        public string ModelVersion => "sha256:0";

        public IReadOnlyList<EvaluatedRow> Answer(IReadOnlyList<LabelledDescription> rows, CancellationToken cancellationToken)
        {
            maker.Asked.Add(rows);
            return [.. rows.Select(row => new EvaluatedRow(
                row.Code, [.. codes.Select((code, i) => new RankedCode(code, 0.6f / (i + 1)))], new RankedCode(codes[0].Heading, 0.6f), new RankedCode(codes[0].Chapter, 0.6f), null, null))];
        }

        public ServingCost? MeasureCost(IReadOnlyList<string> texts, CancellationToken cancellationToken) =>
            new(1000, 2000, 1500, 40, 5000, 9000, 2, new Latency(0.1, 0.2, 10), new Latency(1, 2, 10));

        public void Dispose() => maker.Disposed++;
    }
}
