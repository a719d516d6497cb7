using System.Runtime.InteropServices;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Features;

namespace HsStream.Scoring.Confidence;

/// <summary>Decides AUTO or REVIEW from calibrated probabilities and from what is odd about a text.</summary>
/// <remarks>Immutable; shared by all threads.</remarks>
public sealed class DecisionMaker
{
    // What may hide part of the goods, or leaves nothing to judge, is looked at by a person whatever the model says.
    private static readonly (TextIssues Issue, DecisionReasons Reason)[] Blocking =
    [
        (TextIssues.Empty, DecisionReasons.EmptyText),
        (TextIssues.Truncated, DecisionReasons.TruncatedText),
        (TextIssues.InvalidText | TextIssues.ControlCharacters, DecisionReasons.DamagedText),
        (TextIssues.NoKnownFeatures | TextIssues.NoKnownWords, DecisionReasons.UnknownWords),
    ];

    private readonly Calibration _calibration;
    private readonly ulong[] _ambiguous;

    public DecisionMaker(Calibration calibration)
    {
        _calibration = calibration;
        _ambiguous = MemoryMarshal.Cast<byte, ulong>(calibration.AmbiguousTexts).ToArray();
    }

    /// <param name="publication">The probabilities to print: the first subheading's is the chance that it was decided by.</param>
    public Decision Decide(
        RowProbabilities probabilities, ReadOnlySpan<int> tokenIds, TextProfile profile, TextIssues issues, ulong textHash, out Publication publication)
    {
        publication = Publication.AsTheyAre;
        var labels = probabilities.Labels;
        var information = _calibration.Words?.Of(tokenIds) ?? 0;
        float subheading = probabilities.Subheadings[probabilities.Best];
        var (headingAt, chapterAt) = (probabilities.BestAt(HsLevel.Heading), probabilities.BestAt(HsLevel.Chapter));
        var (heading, chapter) = (probabilities.Headings[headingAt], probabilities.Chapters[chapterAt]);
        if (_calibration.Assessment is { } assessment)
        {
            Span<float> signals = stackalloc float[Assessment.Signals];
            Assessment.Write(probabilities, profile, information, assessment.LabelRows, signals);
            subheading = assessment.Chance(signals, HsLevel.Subheading);
            if (probabilities.IsFinite)
            {
                publication = Publication.Of(probabilities, subheading);
                subheading = publication.First;
            }

            heading = assessment.Chance(signals, HsLevel.Heading);
            chapter = assessment.Chance(signals, HsLevel.Chapter);
        }

        var reasons = Reasons(issues, information, textHash);
        reasons |= probabilities.IsFinite ? DecisionReasons.None : DecisionReasons.ModelFailure;
        var thresholds = _calibration.Decision;
        reasons |= thresholds.Subheading.Probability is null ? DecisionReasons.NotCalibrated : DecisionReasons.None;
        reasons |= thresholds.Subheading.Allows(subheading) ? DecisionReasons.None : DecisionReasons.LowConfidence;
        if (reasons == DecisionReasons.None)
        {
            return new Decision(
                Outcome.Auto, HsLevel.Subheading, labels.Codes[probabilities.Best], DecisionReasons.Confident, subheading, heading, chapter);
        }

        // A heading of a text that cannot be trusted is no better than its subheading.
        var canBackOff = (reasons & ~(DecisionReasons.LowConfidence | DecisionReasons.NotCalibrated | DecisionReasons.AmbiguousPrecedents)) == 0;
        var (level, code) = canBackOff switch
        {
            true when thresholds.Heading.Allows(heading) => (HsLevel.Heading, labels.Headings[headingAt]),
            true when thresholds.Chapter.Allows(chapter) => (HsLevel.Chapter, labels.Chapters[chapterAt]),
            _ => (HsLevel.None, (HsCode?)null),
        };
        return new Decision(Outcome.Review, level, code, reasons, subheading, heading, chapter);
    }

    private DecisionReasons Reasons(TextIssues issues, float information, ulong textHash)
    {
        var reasons = DecisionReasons.None;
        foreach (var (issue, reason) in Blocking)
        {
            reasons |= (issues & issue) != 0 ? reason : DecisionReasons.None;
        }

        reasons |= information < _calibration.Words?.MinInformation ? DecisionReasons.TooVague : DecisionReasons.None;
        reasons |= _ambiguous.AsSpan().BinarySearch(textHash) >= 0 ? DecisionReasons.AmbiguousPrecedents : DecisionReasons.None;
        return reasons;
    }
}
