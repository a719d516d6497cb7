using System.Globalization;
using HsStream.Domain.Messages;

namespace HsStream.Domain.Replay;

/// <summary>Compares a recorded prediction with the same question asked again.</summary>
/// <remarks>
/// Compared is what the model computed: rankings, confidence, conformal sets, decision, oddities of the text, hashes. Not
/// compared is what tells one execution from another: times, position in Kafka, ids of experiments, and the execution profile,
/// which explains a difference but is none.
/// </remarks>
public sealed record PredictionComparison
{
    /// <summary>Of <see cref="ReplayVerdict.Equivalent"/>.</summary>
    public const double Tolerance = 1e-4;

    private PredictionComparison(ReplayVerdict verdict, double largestDelta, IReadOnlyList<string> differences) =>
        (Verdict, LargestDelta, Differences) = (verdict, largestDelta, differences);

    public ReplayVerdict Verdict { get; }

    /// <summary>Of the probabilities at equal places of the rankings, and of the confidence.</summary>
    public double LargestDelta { get; }

    /// <summary>What differs, in words: <c>subheadings #2: 851660 p 0.1234, now 851661 p 0.1233</c>. Empty when identical.</summary>
    public IReadOnlyList<string> Differences { get; }

    public static PredictionComparison Of(Prediction recorded, Prediction again)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        ArgumentNullException.ThrowIfNull(again);
        var found = new Findings();
        found.Text("model version", recorded.ModelVersion, again.ModelVersion);
        found.Text("encoder", recorded.EncoderHash, again.EncoderHash);
        found.Text("input", recorded.InputHash, again.InputHash);
        found.Text("edition", recorded.Edition.Name, again.Edition.Name);
        found.Text("code", recorded.Code.ToString(), again.Code.ToString());
        found.Text("outcome", recorded.Outcome.ToString(), again.Outcome.ToString());
        found.Text("decided level", recorded.DecidedLevel.ToString(), again.DecidedLevel.ToString());
        found.Text("decided code", recorded.DecidedCode?.ToString() ?? "none", again.DecidedCode?.ToString() ?? "none");
        found.Text("reasons", string.Join(',', recorded.Reasons), string.Join(',', again.Reasons));
        found.Text("issues", string.Join(',', recorded.Issues), string.Join(',', again.Issues));
        found.Ranking("subheadings", recorded.Subheadings, again.Subheadings);
        found.Ranking("headings", recorded.Headings, again.Headings);
        found.Ranking("chapters", recorded.Chapters, again.Chapters);
        found.Number("confidence of the subheading", recorded.Confidence.Subheading, again.Confidence.Subheading);
        found.Number("confidence of the heading", recorded.Confidence.Heading, again.Confidence.Heading);
        found.Number("confidence of the chapter", recorded.Confidence.Chapter, again.Confidence.Chapter);
        found.Sets(recorded.Plausible, again.Plausible);
        return new PredictionComparison(found.Verdict, found.LargestDelta, found.Words);
    }

    private sealed class Findings
    {
        private bool _isDifferent;

        public List<string> Words { get; } = [];

        public double LargestDelta { get; private set; }

        public ReplayVerdict Verdict => _isDifferent ? ReplayVerdict.Different : Words.Count > 0 ? ReplayVerdict.Equivalent : ReplayVerdict.Identical;

        public void Text(string what, string recorded, string again)
        {
            if (recorded != again) { Differ($"{what}: {recorded}, now {again}"); }
        }

        public void Number(string what, float recorded, float again)
        {
            if (BitConverter.SingleToInt32Bits(recorded) == BitConverter.SingleToInt32Bits(again)) { return; }
            var delta = Math.Abs((double)recorded - again);
            Words.Add(string.Create(CultureInfo.InvariantCulture, $"{what}: {recorded:R}, now {again:R}"));
            // Written so that a number that is none counts as different.
            if (!(delta <= Tolerance)) { _isDifferent = true; }
            LargestDelta = double.IsNaN(delta) ? double.PositiveInfinity : Math.Max(LargestDelta, delta);
        }

        public void Ranking(string what, IReadOnlyList<CodeProbability> recorded, IReadOnlyList<CodeProbability> again)
        {
            if (recorded.Count != again.Count) { Differ($"{what}: {recorded.Count} codes, now {again.Count}"); }
            for (var i = 0; i < Math.Min(recorded.Count, again.Count); i++)
            {
                Text($"{what} #{i + 1}", recorded[i].Code.ToString(), again[i].Code.ToString());
                Number($"{what} #{i + 1} {recorded[i].Code}", recorded[i].Probability, again[i].Probability);
            }
        }

        public void Sets(PlausibleCodes? recorded, PlausibleCodes? again)
        {
            Text("plausible codes", recorded is null ? "none" : "some", again is null ? "none" : "some");
            if (recorded is null || again is null) { return; }
            Text("coverage", recorded.Coverage.ToString("R", CultureInfo.InvariantCulture), again.Coverage.ToString("R", CultureInfo.InvariantCulture));
            Set("plausible subheadings", recorded.Subheadings, again.Subheadings);
            Set("plausible headings", recorded.Headings, again.Headings);
            Set("plausible chapters", recorded.Chapters, again.Chapters);
        }

        private void Set(string what, CodeSet recorded, CodeSet again) => Text(what, Show(recorded), Show(again));

        private static string Show(CodeSet set) => string.Create(CultureInfo.InvariantCulture, $"{set.Size} ({string.Join(',', set.Codes)})");

        private void Differ(string words)
        {
            _isDifferent = true;
            Words.Add(words);
        }
    }
}
