using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;

namespace HsStream.Cli.Predict;

/// <summary>Decisions in the words of the command line.</summary>
internal static class DecisionText
{
    public static string Of(Decision decision) => decision.Outcome == Outcome.Auto ? "AUTO" : "REVIEW";

    /// <returns>subheading, heading, chapter or none.</returns>
    public static string LevelOf(Decision decision) => decision.Level switch
    {
        HsLevel.Subheading => "subheading",
        HsLevel.Heading => "heading",
        HsLevel.Chapter => "chapter",
        _ => "none",
    };

    public static IEnumerable<string> ReasonWords(Decision decision) =>
        Enum.GetValues<DecisionReasons>().Where(reason => reason != DecisionReasons.None && decision.Reasons.HasFlag(reason)).Select(reason => reason.ToString());

    public static string Reasons(Decision decision) => string.Join(',', ReasonWords(decision));
}
