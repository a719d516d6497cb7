using System.Text.Json.Nodes;
using HsStream.Domain.Replay;

namespace HsStream.Cli.Replay;

/// <summary>Counts and findings of a replay; what a run file keeps of it.</summary>
internal sealed class ReplayRun
{
    private readonly Dictionary<ReplayVerdict, long> _counts = Enum.GetValues<ReplayVerdict>().ToDictionary(verdict => verdict, _ => 0L);

    /// <summary>Sequence of the last decision that was replayed.</summary>
    public long Last { get; private set; }

    public long Done => _counts.Values.Sum();

    /// <summary>Every decision that is DIFFERENT, as JSON.</summary>
    public List<JsonNode> Different { get; } = [];

    public double LargestDelta { get; private set; }

    public long this[ReplayVerdict verdict] => _counts[verdict];

    /// <summary>From the steps of a run file: each holds the counts up to it, and the different ones that it added.</summary>
    public static ReplayRun Of(IReadOnlyList<JsonNode> steps)
    {
        var run = new ReplayRun();
        if (steps.Count == 0) { return run; }
        run.Last = (long)steps[^1]["last"]!;
        run.LargestDelta = (double)steps[^1]["largestDelta"]!;
        foreach (var verdict in Enum.GetValues<ReplayVerdict>()) { run._counts[verdict] = (long?)steps[^1]["counts"]![verdict.Word()] ?? 0; }
        foreach (var one in steps.SelectMany(step => step["different"]!.AsArray())) { run.Different.Add(one!.DeepClone()); }
        return run;
    }

    public void Add(ReplayedDecision decision)
    {
        Last = decision.Recorded.Sequence;
        _counts[decision.Verdict]++;
        LargestDelta = Math.Max(LargestDelta, double.IsFinite(decision.LargestDelta) ? decision.LargestDelta : 1);
        if (decision.Verdict == ReplayVerdict.Different) { Different.Add(Json(decision)); }
    }

    /// <param name="after">Different ones that were told before are left out.</param>
    public JsonObject ToJson(int after = 0) => new()
    {
        ["last"] = Last,
        ["decisions"] = Done,
        ["counts"] = Counts(),
        ["largestDelta"] = LargestDelta,
        ["different"] = new JsonArray([.. Different.Skip(after).Select(one => one.DeepClone())]),
    };

    public JsonObject Counts() => new(Enum.GetValues<ReplayVerdict>().Select(verdict => KeyValuePair.Create(verdict.Word(), (JsonNode?)_counts[verdict])));

    public static JsonObject Json(ReplayedDecision decision) => new()
    {
        ["event"] = decision.Recorded.Sequence,
        ["descriptionId"] = decision.Recorded.Prediction.DescriptionId,
        ["predictionId"] = decision.Recorded.Prediction.PredictionId,
        ["recordedAt"] = Instant.Write(decision.Recorded.RecordedAt),
        ["modelVersion"] = decision.Recorded.Prediction.ModelVersion,
        ["verdict"] = decision.Verdict.Word(),
        ["code"] = decision.Recorded.Prediction.Code.ToString(),
        ["codeNow"] = decision.Again?.Code.ToString(),
        ["differences"] = new JsonArray([.. decision.Differences.Select(words => JsonValue.Create(words))]),
    };
}
