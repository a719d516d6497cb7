using System.Text.Json.Nodes;
using HsStream.Domain.Messages;

namespace HsStream.Cli.Backtest;

/// <summary>What a candidate would change in one chapter, or in all; the chapter is that of the code that was filed.</summary>
internal sealed class ChapterTally
{
    public long Decisions { get; private set; }

    /// <summary>The first code is another one.</summary>
    public long Changed { get; private set; }

    /// <summary>The first code is another one, and both models said AUTO: nobody would have looked.</summary>
    public long ChangedSilently { get; private set; }

    public long AutoThen { get; private set; }

    public long AutoNow { get; private set; }

    /// <summary>Decisions whose true code was known by then.</summary>
    public long Labelled { get; private set; }

    public long RightThen { get; private set; }

    public long RightNow { get; private set; }

    /// <summary>Decisions with a declared code of the same edition, which is a weak label.</summary>
    public long Declared { get; private set; }

    public long AgreesThen { get; private set; }

    public long AgreesNow { get; private set; }

    /// <param name="label">Null when no label was known by then.</param>
    /// <param name="declared">Null when the shipper declared none that can be used.</param>
    public void Add(Prediction then, Prediction now, string? label, string? declared)
    {
        var (codeThen, codeNow) = (then.Code.ToString(), now.Code.ToString());
        var (isAutoThen, isAutoNow) = (then.Outcome == PredictionOutcome.Auto, now.Outcome == PredictionOutcome.Auto);
        Decisions++;
        if (codeThen != codeNow)
        {
            Changed++;
            if (isAutoThen && isAutoNow) { ChangedSilently++; }
        }

        if (isAutoThen) { AutoThen++; }
        if (isAutoNow) { AutoNow++; }
        if (label is not null)
        {
            Labelled++;
            if (label == codeThen) { RightThen++; }
            if (label == codeNow) { RightNow++; }
        }

        if (declared is not null)
        {
            Declared++;
            if (declared == codeThen) { AgreesThen++; }
            if (declared == codeNow) { AgreesNow++; }
        }
    }

    public JsonObject ToJson() => new()
    {
        ["decisions"] = Decisions, ["changed"] = Changed, ["changedSilently"] = ChangedSilently, ["autoThen"] = AutoThen, ["autoNow"] = AutoNow,
        ["labelled"] = Labelled, ["rightThen"] = RightThen, ["rightNow"] = RightNow, ["declared"] = Declared, ["agreesThen"] = AgreesThen, ["agreesNow"] = AgreesNow,
    };

    public static ChapterTally Of(JsonNode json) => new()
    {
        Decisions = (long)json["decisions"]!, Changed = (long)json["changed"]!, ChangedSilently = (long)json["changedSilently"]!, AutoThen = (long)json["autoThen"]!, AutoNow = (long)json["autoNow"]!,
        Labelled = (long)json["labelled"]!, RightThen = (long)json["rightThen"]!, RightNow = (long)json["rightNow"]!, Declared = (long)json["declared"]!, AgreesThen = (long)json["agreesThen"]!, AgreesNow = (long)json["agreesNow"]!,
    };
}
