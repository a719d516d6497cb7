using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;
using HsStream.Domain.Replay;
using Xunit;

namespace HsStream.UnitTests.Domain.Replay;

public sealed class PredictionComparisonTests
{
    private static readonly Prediction Recorded = new()
    {
        PredictionId = "00112233445566778899aabbccddeeff",
        DescriptionId = "d1",
        InputHash = TextHash.Of("USED RICE COOKER"),
        Origin = new RecordPosition("hs.descriptions", 0, 7),
        ModelVersion = "sha256:aa",
        EncoderHash = "sha256:bb",
        Edition = NomenclatureEdition.Hs2022,
        Code = HsCode.Parse("851660"),
        Outcome = PredictionOutcome.Auto,
        DecidedLevel = HsLevel.Subheading,
        DecidedCode = HsCode.Parse("851660"),
        Reasons = ["CONFIDENT"],
        Confidence = new Confidence(0.91f, 0.95f, 0.99f),
        Subheadings = Ranking(("851660", 0.9f), ("851679", 0.05f), ("732393", 0.01f)),
        Headings = Ranking(("8516", 0.95f), ("7323", 0.02f)),
        Chapters = Ranking(("85", 0.96f), ("73", 0.03f)),
        Plausible = new PlausibleCodes(0.9, Set("851660"), Set("8516"), Set("85")),
        Issues = [],
        Profile = new PredictionProfile("CPU", "1.31.1", "avx2", 1, 8, 32, 0, 5, 0.9),
        Timing = new PredictionTiming(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, TimeSpan.Zero, TimeSpan.Zero, 1),
    };

    public static TheoryData<string, Prediction> OneBit => new()
    {
        { "first subheading", Recorded with { Subheadings = Flip(Recorded.Subheadings, 0) } },
        { "last subheading", Recorded with { Subheadings = Flip(Recorded.Subheadings, 2) } },
        { "heading", Recorded with { Headings = Flip(Recorded.Headings, 1) } },
        { "chapter", Recorded with { Chapters = Flip(Recorded.Chapters, 0) } },
        { "confidence of the subheading", Recorded with { Confidence = Recorded.Confidence with { Subheading = NextUp(0.91f) } } },
        { "confidence of the heading", Recorded with { Confidence = Recorded.Confidence with { Heading = NextUp(0.95f) } } },
        { "confidence of the chapter", Recorded with { Confidence = Recorded.Confidence with { Chapter = NextUp(0.99f) } } },
    };

    public static TheoryData<string, Prediction> Differing => new()
    {
        { "order", Recorded with { Subheadings = Ranking(("851660", 0.9f), ("732393", 0.05f), ("851679", 0.01f)) } },
        { "a code of a heading", Recorded with { Headings = Ranking(("8516", 0.95f), ("7324", 0.02f)) } },
        { "a missing rank", Recorded with { Chapters = Ranking(("85", 0.96f)) } },
        { "a probability", Recorded with { Subheadings = Ranking(("851660", 0.9002f), ("851679", 0.05f), ("732393", 0.01f)) } },
        { "no number", Recorded with { Subheadings = Ranking(("851660", float.NaN), ("851679", 0.05f), ("732393", 0.01f)) } },
        { "outcome", Recorded with { Outcome = PredictionOutcome.Review } },
        { "level", Recorded with { DecidedLevel = HsLevel.Heading, DecidedCode = HsCode.Parse("8516") } },
        { "reasons", Recorded with { Reasons = ["LOW_CONFIDENCE"] } },
        { "issues", Recorded with { Issues = ["TRUNCATED"] } },
        { "text", Recorded with { InputHash = TextHash.Of("RICE COOKER") } },
        { "encoder", Recorded with { EncoderHash = "sha256:cc" } },
        { "model", Recorded with { ModelVersion = "sha256:cc" } },
        { "edition", Recorded with { Edition = NomenclatureEdition.Hs2017 } },
        { "no sets", Recorded with { Plausible = null } },
        { "a set", Recorded with { Plausible = Recorded.Plausible! with { Headings = Set("8516", "7323") } } },
    };

    [Fact]
    public void The_same_bits_are_identical_whenever_and_wherever_they_were_computed()
    {
        var again = Recorded with
        {
            Timing = Recorded.Timing with { ScoredAt = DateTimeOffset.UnixEpoch.AddDays(1), BatchRecords = 64 },
            Origin = new RecordPosition("elsewhere", 3, 99),
            Profile = Recorded.Profile with { RuntimeVersion = "2.0" },
        };
        var comparison = PredictionComparison.Of(Recorded, again);
        Assert.Equal(ReplayVerdict.Identical, comparison.Verdict);
        Assert.Empty(comparison.Differences);
        Assert.Equal(0, comparison.LargestDelta);
    }

    [Theory]
    [MemberData(nameof(OneBit))]
    public void A_single_changed_bit_is_not_identical(string what, Prediction again)
    {
        var comparison = PredictionComparison.Of(Recorded, again);
        Assert.True(comparison.Verdict == ReplayVerdict.Equivalent, $"{what}: {comparison.Verdict}");
        Assert.Single(comparison.Differences);
        Assert.InRange(comparison.LargestDelta, double.Epsilon, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Differing))]
    public void What_is_more_than_a_rounding_is_different_and_named(string what, Prediction again)
    {
        var comparison = PredictionComparison.Of(Recorded, again);
        Assert.True(comparison.Verdict == ReplayVerdict.Different, $"{what}: {comparison.Verdict}");
        Assert.NotEmpty(comparison.Differences);
    }

    [Fact]
    public void A_difference_says_what_was_and_what_is()
    {
        var again = Recorded with { Code = HsCode.Parse("851679"), Outcome = PredictionOutcome.Review };
        Assert.Equal(["code: 851660, now 851679", "outcome: Auto, now Review"], PredictionComparison.Of(Recorded, again).Differences);
    }

    private static CodeProbability[] Ranking(params (string Code, float Probability)[] codes) =>
        [.. codes.Select(c => new CodeProbability(HsCode.Parse(c.Code), c.Probability))];

    private static CodeProbability[] Flip(IReadOnlyList<CodeProbability> codes, int index) =>
        [.. codes.Select((c, i) => i == index ? c with { Probability = NextUp(c.Probability) } : c)];

    private static float NextUp(float value) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) ^ 1);

    private static CodeSet Set(params string[] codes) => new(codes.Length, [.. codes.Select(c => HsCode.Parse(c))]);
}
