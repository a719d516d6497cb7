using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Training.Evaluation.Metrics;
using static HsStream.Training.Evaluation.Reports.Figures;

namespace HsStream.Training.Evaluation.Reports;

/// <summary>The report as tables, most important first.</summary>
public static class ReportTables
{
    private static readonly long _servedLimit = new BundleLimits().MaxBundleBytes;

    public static IReadOnlyList<ReportTable> Of(EvaluationReport report) =>
        [.. new[] { Accuracy(report), Decisions(report), Sets(report), Calibration(report), Architectures(report), Cost(report), Stream(report), Reasons(report), Chapters(report) }
            .Where(table => table.Rows.Count > 0)];

    internal static ReportTable Accuracy(EvaluationReport report)
    {
        var rows = report.Parts.Select(part => Row(NameOf(part.Name), part.Models[0].Metrics.Accuracy, part.Models[0].Metrics.Intervals)).ToList();
        if (report.Prequential is { } stream)
        {
            rows.Add(Row("stream, model", stream.Model.Accuracy, stream.Model.Intervals));
            rows.Add(Row("stream, with memory", stream.WithMemory, null));
        }

        return new ReportTable(
            "accuracy", "Accuracy",
            "Share of descriptions whose true code is among the first 1, 3 or 5 of the ranking, at six, four and two digits; below that level codes count once. Macro-F1 is over the six-digit codes that occur. 95%: bootstrap over the test rows.",
            1, ["rows of", "n", "HS6 @1", "95%", "@3", "@5", "HS4 @1", "@3", "@5", "HS2 @1", "@3", "@5", "macro-F1"], rows);

        static IReadOnlyList<string> Row(string name, Accuracy a, BootstrapIntervals? intervals) =>
        [
            name, Whole(a.Rows), Share(a.Subheading.Top1), Between(intervals?.Subheading), Share(a.Subheading.Top3), Share(a.Subheading.Top5),
            Share(a.Heading.Top1), Share(a.Heading.Top3), Share(a.Heading.Top5), Share(a.Chapter.Top1), Share(a.Chapter.Top3), Share(a.Chapter.Top5), Share(a.MacroF1),
        ];
    }

    internal static ReportTable Decisions(EvaluationReport report) => new(
        "decisions", "Decisions",
        "AUTO: decided without a person, with the threshold that calibration fixed before. Could be decided: the same at best, with the threshold chosen on these rows, sorted by the decision's chance or by the code's probability.",
        1,
        ["rows of", "AUTO", "right of it", "95%", "to heading", "right", "to chapter", "right", "review", "could, 90% by chance", "by probability", "could, 95%"],
        [.. Metrics(report).Where(m => m.Metrics.Decisions is not null).Select(m => (IReadOnlyList<string>)
        [
            m.Name, Percent(m.Metrics.Decisions!.AutoShare), Percent(m.Metrics.Decisions.AutoPrecision), Between(m.Metrics.Intervals.AutoPrecision),
            Percent(m.Metrics.Decisions.BackedOffToHeading), Percent(m.Metrics.Decisions.HeadingPrecision),
            Percent(m.Metrics.Decisions.BackedOffToChapter), Percent(m.Metrics.Decisions.ChapterPrecision), Percent(m.Metrics.Decisions.ReviewRate),
            Percent(m.Metrics.ByChance?.ShareAt(0.90)), Percent(m.Metrics.ByProbability.ShareAt(0.90)), Percent(m.Metrics.ByChance?.ShareAt(0.95)),
        ])]);

    internal static ReportTable Sets(EvaluationReport report) => new(
        "sets", "Conformal sets",
        "Each set should hold the true code as often as promised; the smaller it is, the more it says.",
        2, ["rows of", "level", "promised", "covered", "mean size", "median", "one code only"],
        [.. Metrics(report).SelectMany(m => m.Metrics.Sets.Select(set => (IReadOnlyList<string>)
            [m.Name, $"HS{(int)set.Level}", Percent(set.Promised), Percent(set.Covered), Number(set.MeanSize, "0.0"), Number(set.MedianSize, "0.#"), Percent(set.OneCode)]))]);

    internal static ReportTable Calibration(EvaluationReport report) => new(
        "calibration", "Calibration",
        "Mean and largest distance between the stated probability and what came true, over 15 bins of equally many rows.",
        1, ["rows of", "error, probability of the code", "largest", "error, chance of the decision", "largest"],
        [.. Metrics(report).Select(m => (IReadOnlyList<string>)
            [m.Name, Share(m.Metrics.Reliability.Error), Share(m.Metrics.Reliability.LargestError), Share(m.Metrics.ChanceReliability?.Error), Share(m.Metrics.ChanceReliability?.LargestError)])]);

    internal static ReportTable Architectures(EvaluationReport report) => new(
        "architectures", "Architectures",
        $"Each learnt from the same rows with the same features and catalogue phrases, and answered the same test rows; those after the first are calibrated on one part instead of two. A bundle marked * is larger than one that is served may be ({Bytes(_servedLimit)}) and was measured all the same.",
        1,
        ["architecture", "HS6 @1", "95%", "HS4 @1", "HS2 @1", "macro-F1", "could, 90%", "error", "parameters", "bundle", "epochs", "training", "CPU s / 10⁶", "texts/s, 1 thread"],
        report.Parts.Count == 0 || report.Parts[0].Models.Count + Failures(report).Count < 2 ? [] : [.. report.Parts[0].Models.Select(m => (IReadOnlyList<string>)
        [
            m.Name, Share(m.Metrics.Accuracy.Subheading.Top1), Between(m.Metrics.Intervals.Subheading), Share(m.Metrics.Accuracy.Heading.Top1), Share(m.Metrics.Accuracy.Chapter.Top1),
            Share(m.Metrics.Accuracy.MacroF1), Percent((m.Metrics.ByChance ?? m.Metrics.ByProbability).ShareAt(0.90)), Share(m.Metrics.Reliability.Error),
            m.Serving is null ? None : Count(m.Serving.Parameters), m.Serving is null ? None : Bytes(m.Serving.BundleBytes) + (m.Serving.BundleBytes > _servedLimit ? " *" : ""),
            m.Training?.Epochs is { } epochs ? Whole(epochs) : None, Seconds(m.Training?.Seconds),
            m.Serving is null ? None : Number(m.Serving.CpuSecondsPerMillion, "0"), m.Serving is null ? None : Whole(m.Serving.OneThread),
        ]), .. Failures(report).Select(failed => (IReadOnlyList<string>)[failed.Name, "failed: " + failed.Reason, .. Enumerable.Repeat(None, 12)])]);

    private static IReadOnlyList<FailedModel> Failures(EvaluationReport report) => report.Parts[0].Failures ?? [];

    internal static ReportTable Cost(EvaluationReport report)
    {
        var main = report.Parts.Count == 0 ? null : report.Parts[0].Models[0];
        List<IReadOnlyList<string>> rows = [];
        if (main?.Training is { } training)
        {
            rows.Add(["training, calibration included", $"{Seconds(training.Seconds)} ({Seconds(training.CpuSeconds)} CPU)"]);
        }

        if (main?.Serving is { } serving)
        {
            rows.AddRange([
                ["parameters", Whole(serving.Parameters)],
                ["bundle", Bytes(serving.BundleBytes)],
                ["model.onnx", Bytes(serving.ModelBytes)],
                ["CPU for a million descriptions", $"{Number(serving.CpuSecondsPerMillion, "0")} s"],
                ["descriptions/s, one thread", Whole(serving.OneThread)],
                [$"descriptions/s, one process, {serving.Cores} cores", Whole(serving.AllCores)],
                ["latency of 1 text, p50 / p99", $"{Milliseconds(serving.Batch1.P50)} / {Milliseconds(serving.Batch1.P99)}"],
                ["latency of 64 texts together, p50 / p99", $"{Milliseconds(serving.Batch64.P50)} / {Milliseconds(serving.Batch64.P99)}"],
            ]);
        }

        return new ReportTable("cost", "Cost", $"Of {main?.Name}, on {report.Machine.Processor}, {report.Machine.Cores} cores; from text to decision.", 1, ["", main?.Name ?? ""], rows);
    }

    internal static ReportTable Stream(EvaluationReport report) => new(
        "stream", "Raw stream, block by block",
        "Each block is answered by a model made of everything before it; the first block only teaches. The memory learns every label right after its row was answered, as corrections do, and answers texts that came before.",
        1, ["rows from", "n", "learnt from", "new codes", "known texts", "model HS6", "HS4", "with memory HS6", "HS4", "training"],
        report.Prequential is not { } stream ? [] : [.. stream.Blocks.Select(b => (IReadOnlyList<string>)
        [
            Whole(b.FirstRow), Whole(b.Rows), Whole(b.TrainedRows), Percent(b.UnseenCodeShare), Percent(b.KnownShare),
            Share(b.ModelSubheading), Share(b.ModelHeading), Share(b.WithMemorySubheading), Share(b.WithMemoryHeading), Seconds(b.TrainingSeconds),
        ])]);

    internal static ReportTable Reasons(EvaluationReport report) => new(
        "reasons", "Why descriptions go to review",
        "Share of all test rows; a row may have several reasons.",
        2, ["rows of", "reason", "share"],
        [.. Metrics(report).SelectMany(m => (m.Metrics.Decisions?.Reasons ?? []).Select(r => (IReadOnlyList<string>)[m.Name, Words(r.Reason.ToString()), Percent(r.Share)]))]);

    internal static ReportTable Chapters(EvaluationReport report)
    {
        var nomenclature = HsNomenclature.Of(NomenclatureEdition.Parse(report.Data.Edition));
        var part = report.Parts.Count > 0 ? NameOf(report.Parts[0].Name) : "stream";
        return new ReportTable(
            "chapters", "Chapters", $"By the true chapter, {part}. Taken for: the wrong chapter that is predicted most often.",
            2, ["chapter", "goods", "n", "HS6", "HS4", "HS2", "AUTO", "right of it", "taken for"],
            [.. Metrics(report).Take(1).SelectMany(m => m.Metrics.Chapters).Select(c => (IReadOnlyList<string>)
            [
                c.Chapter.ToString(), nomenclature.Title(c.Chapter)?.Text ?? "", Whole(c.Rows), Share(c.Subheading), Share(c.Heading), Share(c.ChapterTop1),
                Percent(c.AutoShare), Percent(c.AutoPrecision), c.LargestConfusion?.ToString() ?? None,
            ])]);
    }

    /// <summary>Figures of the main model on every part, then on the stream.</summary>
    internal static IEnumerable<(string Name, EvaluationMetrics Metrics)> Metrics(EvaluationReport report)
    {
        foreach (var part in report.Parts) { yield return (NameOf(part.Name), part.Models[0].Metrics); }
        if (report.Prequential is { } stream) { yield return ("stream, model", stream.Model); }
    }

    internal static string NameOf(string part) => part switch
    {
        "split" => "deduplicated split",
        "later" => "later block",
        "given" => "given test rows",
        "as-is" => "all rows",
        _ => part,
    };

    /// <summary>UnknownWords becomes unknown words.</summary>
    private static string Words(string name) =>
        string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
}
