using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Onnx;
using HsStream.Training.Datasets.Import;
using HsStream.Training.Evaluation.Metrics;

namespace HsStream.Training.Evaluation.Prequential;

/// <summary>Goes through a stream as the real system would: predict first, learn the label afterwards.</summary>
/// <remarks>
/// A model cannot be made anew for every row, so the stream is cut into blocks of equal length and each block is answered by a model
/// made of everything before it; the first block only teaches. The memory learns row by row, as corrections do.
/// </remarks>
public sealed class PrequentialRun(IModelMaker maker, string architecture, int blocks, long seed)
{
    /// <summary>Told before each block: its number from 1, of how many, and the rows to learn from.</summary>
    public Action<int, int, int>? BlockStarts { get; init; }

    /// <param name="rows">In stream order.</param>
    /// <exception cref="ArgumentException">There are fewer than two blocks, or fewer rows than blocks.</exception>
    public PrequentialResult Run(IReadOnlyList<LabelledDescription> rows, CancellationToken cancellationToken)
    {
        if (blocks < 2 || rows.Count < blocks) { throw new ArgumentException($"Expected at least 2 blocks and a row for each, got {blocks} blocks and {rows.Count} rows."); }
        var memory = new CodeMemory();
        var codes = new HashSet<HsCode>();
        var all = new List<Answered>();
        var results = new List<PrequentialBlock>();
        var warmUp = Start(1);
        foreach (var row in rows.Take(warmUp)) { memory.Learn(row.Text, row.Code); }
        codes.UnionWith(rows.Take(warmUp).Select(row => row.Code));
        for (var block = 1; block < blocks; block++)
        {
            var (start, end) = (Start(block), Start(block + 1));
            BlockStarts?.Invoke(block, blocks - 1, start);
            using var made = maker.Make(architecture, [.. rows.Take(start)], cancellationToken);
            var part = rows.Skip(start).Take(end - start).ToList();
            var answered = Answer(part, made.Classifier.Answer(part, cancellationToken), memory);
            results.Add(new PrequentialBlock(
                start, part.Count, start, made.TrainingTime.TotalSeconds,
                Share.Of(part, row => !codes.Contains(row.Code)),
                Share.Of(answered, row => row.Recalled is not null),
                Share.Of(answered, row => row.Model.IsRight(HsLevel.Subheading)),
                Share.Of(answered, row => row.Model.IsRight(HsLevel.Heading)),
                Share.Of(answered, row => row.WithMemory.IsRight(HsLevel.Subheading)),
                Share.Of(answered, row => row.WithMemory.IsRight(HsLevel.Heading))));
            all.AddRange(answered);
            codes.UnionWith(part.Select(row => row.Code));
        }

        var known = all.Where(row => row.Recalled is not null).ToList();
        return new PrequentialResult(
            architecture, warmUp,
            EvaluationMetrics.Of([.. all.Select(row => row.Model)], seed),
            Accuracy.Of([.. all.Select(row => row.WithMemory)]),
            (double)known.Count / all.Count,
            known.Count == 0 ? null : Share.Of(known, row => row.Recalled == row.Model.Truth),
            results);

        int Start(int block) => (int)((long)rows.Count * block / blocks);
    }

    private static List<Answered> Answer(List<LabelledDescription> rows, IReadOnlyList<EvaluatedRow> answers, CodeMemory memory)
    {
        var answered = new List<Answered>(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var recalled = memory.Recall(rows[i].Text);
            answered.Add(new Answered(answers[i], recalled, recalled is { } code ? Put(code, answers[i]) : answers[i]));
            memory.Learn(rows[i].Text, rows[i].Code);
        }

        return answered;
    }

    /// <summary>The recalled code first, then the model's ranking without it.</summary>
    private static EvaluatedRow Put(HsCode code, EvaluatedRow row) => row with
    {
        Ranking = [new RankedCode(code, 1), .. row.Ranking.Where(ranked => ranked.Code != code)],
        Heading = new RankedCode(code.Heading, 1),
        Chapter = new RankedCode(code.Chapter, 1),
        Decision = null,
        Sets = null,
    };

    private sealed record Answered(EvaluatedRow Model, HsCode? Recalled, EvaluatedRow WithMemory);
}
