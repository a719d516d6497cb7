using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Domain.ModelLifecycle;
using HsStream.Domain.Nomenclature;

namespace HsStream.UnitTests.Ledger;

/// <summary>Messages that say little but are whole.</summary>
internal static class TestFacts
{
    public static DateTimeOffset At { get; } = new(2027, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    public static Mandate Mandate { get; } = new("ann", "because", "TICKET-1");

    public static string ModelA { get; } = Version('a');

    public static string ModelB { get; } = Version('b');

    public static string Version(char digit) => "sha256:" + new string(digit, 64);

    public static ProductDescription Description(string id, string text = "USED RICE COOKER") => new()
    {
        DescriptionId = id,
        Text = text,
        Source = "wms-7",
        DeclaredCode = "8516600000",
        DescribedAt = At.AddSeconds(-1),
        Attributes = new Dictionary<string, string> { ["origin"] = "JP", ["brand"] = "Ümlaut" },
    };

    public static Prediction Prediction(string id, string text = "USED RICE COOKER", float probability = 0.8321f, string code = "851660", string? model = null)
    {
        var (hash, version) = (TextHash.Of(text), model ?? ModelA);
        var hs6 = HsCode.Parse(code);
        return new Prediction
        {
            PredictionId = PredictionId.Of(id, hash, version),
            DescriptionId = id,
            InputHash = hash,
            Origin = new RecordPosition(Topics.Descriptions, 0, 0),
            ModelVersion = version,
            EncoderHash = "sha256:" + new string('e', 64),
            Edition = NomenclatureEdition.Hs2022,
            Code = hs6,
            Outcome = PredictionOutcome.Auto,
            DecidedLevel = HsLevel.Subheading,
            DecidedCode = hs6,
            Reasons = ["LOW_MARGIN"],
            Confidence = new Confidence(probability, 0.9f, 0.97f),
            Subheadings =
            [
                new CodeProbability(hs6, probability), new CodeProbability(HsCode.Parse("851650"), 0.05f), new CodeProbability(HsCode.Parse("851679"), 0.031f),
                new CodeProbability(HsCode.Parse("851610"), 0.0101f), new CodeProbability(HsCode.Parse("732393"), 1.5e-5f),
            ],
            Headings = [new CodeProbability(HsCode.Parse("8516"), 0.9f), new CodeProbability(HsCode.Parse("7323"), 0.02f)],
            Chapters = [new CodeProbability(HsCode.Parse("85"), 0.97f)],
            Plausible = new PlausibleCodes(
                0.9, new CodeSet(2, [hs6, HsCode.Parse("851650")]), new CodeSet(1, [HsCode.Parse("8516")]), new CodeSet(1, [HsCode.Parse("85")])),
            Issues = ["TRUNCATED"],
            Profile = new PredictionProfile("CPU", "1.31.1", "avx2", 1, 32, 64, 0, 5, 0.9),
            Timing = new PredictionTiming(At.AddSeconds(-1), At, TimeSpan.FromMicroseconds(1234), TimeSpan.FromMicroseconds(567), 32),
        };
    }

    public static LabelCorrection Correction(string id, string correctionId, string by = "bo", string code = "851660") => new()
    {
        CorrectionId = correctionId,
        DescriptionId = id,
        Code = HsCode.Parse(code),
        Edition = NomenclatureEdition.Hs2022,
        CorrectedBy = by,
        Reason = "read the label",
        CorrectedAt = At.AddMinutes(5),
        Kind = CorrectionKind.Blind,
        SamplingProbability = 0.125,
    };

    public static DeadLetter Letter(long offset, string key = "d-1", string detail = "Expected text, got none.") => new()
    {
        Origin = new RecordPosition(Topics.Descriptions, 0, offset),
        Key = System.Text.Encoding.UTF8.GetBytes(key),
        Value = [0, 1, 2, 255],
        Reason = DeadLetterReasons.EmptyText,
        Detail = detail,
        Stage = "scorer",
        OriginTimestamp = At,
        FirstSeen = At.AddSeconds(1),
    };

    public static ModelFacts Facts(string version) => new(
        version, "Linear", "sha256:" + new string('e', 64), NomenclatureEdition.Hs2022,
        new Dictionary<string, double> { ["accuracy"] = 0.81, ["ece"] = 1e-7 }, new Dictionary<string, string> { ["seed"] = "7", ["commit"] = "abc" });

    public static ModelVersion Announcement(string version, ModelStage stage, long revision = 1) => new()
    {
        Version = version,
        Stage = stage,
        Revision = revision,
        Architecture = "Linear",
        EncoderHash = "sha256:" + new string('e', 64),
        Edition = NomenclatureEdition.Hs2022,
        ChangedAt = At,
        ChangedBy = "ann",
        Reason = "because",
        Metrics = new Dictionary<string, double> { ["accuracy"] = 0.81 },
    };

    public static Origin Origin(string topic, long offset) => new(new RecordPosition(topic, 0, offset), At);
}
