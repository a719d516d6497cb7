using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;

namespace HsStream.UnitTests.Streaming;

/// <summary>One message of each kind with every field set.</summary>
internal static class SampleMessages
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1_763_985_600_123);

    public static ProductDescription Description { get; } = new()
    {
        DescriptionId = "shp-1/7", Text = "SCREW HEX HEAD M6S 12 X 40", Source = "wms-north", DeclaredCode = "73181590", DescribedAt = At,
        Attributes = new Dictionary<string, string> { ["shipment"] = "shp-1", ["line"] = "7" },
    };

    public static Prediction Prediction { get; } = new()
    {
        PredictionId = "00112233445566778899aabbccddeeff", DescriptionId = "shp-1/7", InputHash = TextHash.Of("SCREW HEX HEAD M6S 12 X 40"),
        Origin = new RecordPosition(Topics.Descriptions, 3, 1_234_567_890_123), ModelVersion = "sha256:" + new string('a', 64), EncoderHash = "sha256:" + new string('b', 64),
        Edition = NomenclatureEdition.Hs2022, Code = HsCode.Parse("731815"), Outcome = PredictionOutcome.Auto, DecidedLevel = HsLevel.Heading, DecidedCode = HsCode.Parse("7318"),
        Reasons = ["LOW_CONFIDENCE"], Confidence = new Confidence(0.61f, 0.9f, 0.98f),
        Subheadings = [new(HsCode.Parse("731815"), 0.61f), new(HsCode.Parse("731816"), 0.2f)], Headings = [new(HsCode.Parse("7318"), 0.9f)], Chapters = [new(HsCode.Parse("73"), 0.98f)],
        Plausible = new PlausibleCodes(0.9, new CodeSet(2, [HsCode.Parse("731815"), HsCode.Parse("731816")]), new CodeSet(1, [HsCode.Parse("7318")]), new CodeSet(1, [HsCode.Parse("73")])),
        Issues = ["TRUNCATED"], Profile = new PredictionProfile("CPU", "1.31.1", "AVX2", 1, 32, 64, 16, 5, 0.9),
        Timing = new PredictionTiming(At, At.AddMilliseconds(12), TimeSpan.FromMicroseconds(1_500), TimeSpan.FromMicroseconds(900), 32), ExperimentId = "exp-1", Source = "wms-north",
    };

    public static LabelCorrection Correction { get; } = new()
    {
        CorrectionId = "c-1", DescriptionId = "shp-1/7", Code = HsCode.Parse("731815"), Edition = NomenclatureEdition.Hs2022, CorrectedBy = "reviewer-4", Reason = "A bolt, by note 1.",
        Evidence = "BTI 12345", CorrectedAt = At, InputHash = TextHash.Of("x"), PredictionId = "00112233445566778899aabbccddeeff", Kind = CorrectionKind.Blind, SamplingProbability = 0.05,
    };

    public static ModelVersion Model { get; } = new()
    {
        Version = "sha256:" + new string('a', 64), Stage = ModelStage.Champion, Revision = 4, Architecture = "bag-of-ngrams", EncoderHash = "sha256:" + new string('b', 64),
        Edition = NomenclatureEdition.Hs2022, ChangedAt = At, ChangedBy = "operator-1", Reason = "Better on chapter 85.", Evidence = "report-7",
        Metrics = new Dictionary<string, double> { ["accuracy"] = 0.81 },
    };

    public static Experiment Experiment { get; } = new()
    {
        ExperimentId = "exp-1", Kind = ExperimentKind.Canary, IsRunning = true, Champion = "sha256:" + new string('a', 64), Candidate = "sha256:" + new string('c', 64),
        CandidateShare = 0.1, Salt = "s-1", Revision = 2, ChangedAt = At, ChangedBy = "operator-1", Reason = "Try it on a tenth.",
    };

    public static MonitorSignal Signal { get; } = new()
    {
        SignalId = "sig-1", Subject = "chapter/85", Detector = "page-hinkley", Severity = SignalSeverity.Alarm, Statistic = 12.5, Threshold = 10, WindowRecords = 5_000,
        ModelVersion = "sha256:" + new string('a', 64), Detail = "Confidence fell.", RaisedAt = At,
    };

    public static RetrainingRequest Retraining { get; } = new()
    {
        RequestId = "r-1", Subject = "default", Trigger = RetrainingTrigger.Drift, SignalIds = ["sig-1"], EventHighWaterMark = 99, RequestedBy = "monitor", Reason = "Drift in chapter 85.", RequestedAt = At,
    };
}
