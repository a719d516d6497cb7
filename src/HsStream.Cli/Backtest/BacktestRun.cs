using System.Text.Json.Nodes;

namespace HsStream.Cli.Backtest;

/// <summary>Tallies of a back-test; what a run file keeps of it.</summary>
internal sealed class BacktestRun
{
    /// <summary>Sequence of the last decision that was compared or passed over.</summary>
    public long Last { get; set; }

    public SortedDictionary<string, ChapterTally> Chapters { get; } = new(StringComparer.Ordinal);

    public ChapterTally All { get; private set; } = new();

    /// <summary>Decisions whose text was erased.</summary>
    public long Erased { get; set; }

    public long Done => All.Decisions + Erased;

    public static BacktestRun Of(IReadOnlyList<JsonNode> steps)
    {
        var run = new BacktestRun();
        if (steps.Count == 0) { return run; }
        var state = steps[^1];
        (run.Last, run.Erased, run.All) = ((long)state["last"]!, (long)state["erased"]!, ChapterTally.Of(state["all"]!));
        foreach (var (chapter, tally) in state["chapters"]!.AsObject()) { run.Chapters.Add(chapter, ChapterTally.Of(tally!)); }
        return run;
    }

    public ChapterTally Chapter(string chapter)
    {
        if (!Chapters.TryGetValue(chapter, out var tally)) { Chapters.Add(chapter, tally = new ChapterTally()); }
        return tally;
    }

    public JsonObject ToJson() => new()
    {
        ["last"] = Last,
        ["erased"] = Erased,
        ["all"] = All.ToJson(),
        ["chapters"] = new JsonObject(Chapters.Select(chapter => KeyValuePair.Create(chapter.Key, (JsonNode?)chapter.Value.ToJson()))),
    };
}
