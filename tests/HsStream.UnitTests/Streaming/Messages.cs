using CsCheck;
using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;

namespace HsStream.UnitTests.Streaming;

/// <summary>Any message that keeps the rules.</summary>
internal static class Messages
{
    private static readonly Gen<string> Text = Gen.OneOf(Gen.String[Gen.OneOf(Gen.Char['!', '~'], Gen.Char['¡', 'ž']), 1, 30], Gen.Const("冷凍エビ 1kg"), Gen.Const("🚢 crate"));
    private static readonly Gen<string?> Optional = Gen.OneOf(Text.Select(text => (string?)text), Gen.Const((string?)null));
    private static readonly Gen<DateTimeOffset> Time = Gen.Long[568_000_000_000, 4_102_444_799_999].Select(DateTimeOffset.FromUnixTimeMilliseconds);
    private static readonly Gen<NomenclatureEdition> Edition = OneOf(NomenclatureEdition.Hs2017, NomenclatureEdition.Hs2022);
    private static readonly Gen<long> Count = Gen.Long[0, long.MaxValue];
    private static readonly Gen<double> Share = Gen.Double[0, 1];
    private static readonly Gen<float> Chance = Gen.Float[0, 1];
    private static readonly Gen<string[]> Words = OneOf("LOW_CONFIDENCE", "TOO_VAGUE", "TRUNCATED", "A_NEW_ONE").Array[0, 3];

    private static readonly Gen<TimeSpan> Micros = Gen.Long[0, 1L << 50].Select(TimeSpan.FromMicroseconds);

    public static Gen<ProductDescription> Descriptions { get; } =
        Gen.Select(Text, Text, Optional, Optional, Gen.OneOf(Time.Select(time => (DateTimeOffset?)time), Gen.Const((DateTimeOffset?)null)), Gen.Dictionary(Text, Text)[0, 4])
            .Select((id, text, source, code, time, attributes) => new ProductDescription { DescriptionId = id, Text = text, Source = source, DeclaredCode = code, DescribedAt = time, Attributes = attributes });

    public static Gen<Prediction> Predictions { get; } =
        from edition in Edition
        from code in Code(edition, HsLevel.Subheading)
        from level in OneOf(HsLevel.None, HsLevel.Chapter, HsLevel.Heading, HsLevel.Subheading)
        from texts in Text.Array[8]
        from optional in Optional.Array[2]
        from origin in Gen.Select(Text, Gen.Int[0, int.MaxValue], Count, (topic, partition, offset) => new RecordPosition(topic, partition, offset))
        from confidence in Gen.Select(Chance, Chance, Chance, (a, b, c) => new Confidence(a, b, c))
        from subheadings in Ranking(edition, HsLevel.Subheading, 1)
        from headings in Ranking(edition, HsLevel.Heading, 0)
        from chapters in Ranking(edition, HsLevel.Chapter, 0)
        from plausible in Gen.OneOf(Plausible(edition).Select(set => (PlausibleCodes?)set), Gen.Const((PlausibleCodes?)null))
        from words in Gen.Select(Words, Words)
        from numbers in Gen.Int.Array[6]
        from times in Gen.Select(Time, Time, Micros, Micros, Gen.Int[0, int.MaxValue], (a, b, c, d, e) => new PredictionTiming(a, b, c, d, e))
        from coverage in Gen.Double
        from outcome in Gen.Enum<PredictionOutcome>()
        select new Prediction
        {
            PredictionId = texts[0],
            DescriptionId = texts[1],
            InputHash = texts[2],
            Origin = origin,
            ModelVersion = texts[3],
            EncoderHash = texts[4],
            Edition = edition,
            Code = code,
            Outcome = outcome,
            DecidedLevel = level,
            DecidedCode = level == HsLevel.None ? null : code.AtLevel(level),
            Reasons = words.Item1,
            Confidence = confidence,
            Subheadings = subheadings,
            Headings = headings,
            Chapters = chapters,
            Plausible = plausible,
            Issues = words.Item2,
            Profile = new PredictionProfile(texts[5], texts[6], texts[7], numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], coverage),
            Timing = times,
            ExperimentId = optional[0],
            Source = optional[1],
        };

    public static Gen<LabelCorrection> Corrections { get; } =
        from edition in Edition
        from code in Code(edition, HsLevel.Subheading)
        from texts in Text.Array[4]
        from optional in Optional.Array[3]
        from time in Time
        from kind in Gen.Enum<CorrectionKind>()
        from share in Gen.OneOf(Gen.Double[1e-9, 1].Select(value => (double?)value), Gen.Const((double?)null))
        select new LabelCorrection
        {
            CorrectionId = texts[0], DescriptionId = texts[1], Code = code, Edition = edition, CorrectedBy = texts[2], Reason = texts[3], Evidence = optional[0],
            CorrectedAt = time, InputHash = optional[1], PredictionId = optional[2], Kind = kind, SamplingProbability = share,
        };

    public static Gen<ModelVersion> Models { get; } =
        Gen.Select(Text.Array[5], Gen.Enum<ModelStage>(), Count, Edition, Time, Optional, Gen.Dictionary(Text, Gen.Double)[0, 4])
            .Select((texts, stage, revision, edition, time, evidence, metrics) => new ModelVersion
            {
                Version = texts[0], Stage = stage, Revision = revision, Architecture = texts[1], EncoderHash = texts[2], Edition = edition, ChangedAt = time,
                ChangedBy = texts[3], Reason = texts[4], Evidence = evidence, Metrics = metrics,
            });

    public static Gen<Experiment> Experiments { get; } =
        Gen.Select(Text.Array[6], Gen.Enum<ExperimentKind>(), Gen.Bool, Share, Count, Time)
            .Select((texts, kind, running, share, revision, time) => new Experiment
            {
                ExperimentId = texts[0], Kind = kind, IsRunning = running, Champion = texts[1], Candidate = texts[2], CandidateShare = share, Salt = texts[3],
                Revision = revision, ChangedAt = time, ChangedBy = texts[4], Reason = texts[5],
            });

    public static Gen<MonitorSignal> Signals { get; } =
        Gen.Select(Text.Array[4], Gen.Enum<SignalSeverity>(), Gen.Double, Gen.Double, Count, Optional, Time)
            .Select((texts, severity, statistic, threshold, window, model, time) => new MonitorSignal
            {
                SignalId = texts[0], Subject = texts[1], Detector = texts[2], Severity = severity, Statistic = statistic, Threshold = threshold, WindowRecords = window,
                ModelVersion = model, Detail = texts[3], RaisedAt = time,
            });

    public static Gen<RetrainingRequest> Retraining { get; } =
        Gen.Select(Text.Array[4], Gen.Enum<RetrainingTrigger>(), Text.Array[0, 3], Gen.OneOf(Count.Select(mark => (long?)mark), Gen.Const((long?)null)), Time)
            .Select((texts, trigger, signals, mark, time) => new RetrainingRequest
            {
                RequestId = texts[0], Subject = texts[1], Trigger = trigger, SignalIds = signals, EventHighWaterMark = mark, RequestedBy = texts[2], Reason = texts[3], RequestedAt = time,
            });

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(n => values[n]);

    private static Gen<HsCode> Code(NomenclatureEdition edition, HsLevel level) => Gen.Int[0, 1_000_000].Select(n =>
    {
        var all = HsNomenclature.Of(edition).Subheadings;
        return all[n % all.Count].AtLevel(level);
    });

    private static Gen<CodeProbability[]> Ranking(NomenclatureEdition edition, HsLevel level, int least) =>
        Gen.Select(Code(edition, level), Chance, (code, chance) => new CodeProbability(code, chance)).Array[least, 5];

    private static Gen<PlausibleCodes> Plausible(NomenclatureEdition edition) =>
        Gen.Select(Share, Set(edition, HsLevel.Subheading), Set(edition, HsLevel.Heading), Set(edition, HsLevel.Chapter), (share, a, b, c) => new PlausibleCodes(share, a, b, c));

    private static Gen<CodeSet> Set(NomenclatureEdition edition, HsLevel level) =>
        Gen.Select(Gen.Int[0, 5_000], Code(edition, level).Array[0, 4], (size, codes) => new CodeSet(size, codes));
}
