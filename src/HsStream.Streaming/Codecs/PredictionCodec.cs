using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;

namespace HsStream.Streaming.Codecs;

internal sealed class PredictionCodec(RegistrySchemas registry, MessageLimits limits)
    : MessageCodec<Prediction>(registry, MessageSchema.Load("HsPrediction"), limits)
{
    public override string KeyOf(Prediction message) => message.DescriptionId;

    public override string IdOf(Prediction message) => message.PredictionId;

    private protected override void Write(AvroWriter writer, Prediction message)
    {
        writer.WriteString(message.PredictionId);
        writer.WriteString(message.DescriptionId);
        writer.WriteString(message.InputHash);
        writer.WriteString(message.Origin.Topic);
        writer.WriteInt(message.Origin.Partition);
        writer.WriteLong(message.Origin.Offset);
        writer.WriteString(message.ModelVersion);
        writer.WriteString(message.EncoderHash);
        writer.WriteString(message.Edition.Name);
        writer.WriteCode(message.Code);
        writer.WriteInt((int)message.Outcome);
        writer.WriteInt((int)message.DecidedLevel / 2);
        writer.WriteInt(message.DecidedCode is null ? 0 : 1);
        if (message.DecidedCode is { } decided) { writer.WriteCode(decided); }
        writer.WriteList(message.Reasons);
        writer.WriteFloat(message.Confidence.Subheading);
        writer.WriteFloat(message.Confidence.Heading);
        writer.WriteFloat(message.Confidence.Chapter);
        Write(writer, message.Subheadings);
        Write(writer, message.Headings);
        Write(writer, message.Chapters);
        writer.WriteInt(message.Plausible is null ? 0 : 1);
        if (message.Plausible is { } plausible)
        {
            writer.WriteDouble(plausible.Coverage);
            Write(writer, plausible.Subheadings);
            Write(writer, plausible.Headings);
            Write(writer, plausible.Chapters);
        }

        writer.WriteList(message.Issues);
        Write(writer, message.Profile);
        writer.WriteTime(message.Timing.DescribedAt);
        writer.WriteTime(message.Timing.ScoredAt);
        writer.WriteLong((long)message.Timing.Queue.TotalMicroseconds);
        writer.WriteLong((long)message.Timing.Scoring.TotalMicroseconds);
        writer.WriteInt(message.Timing.BatchRecords);
        writer.WriteOptional(message.ExperimentId);
        writer.WriteOptional(message.Source);
    }

    private protected override Prediction Read(ref AvroReader reader)
    {
        var prediction = new Prediction
        {
            PredictionId = FieldRules.Id("prediction_id", reader.ReadString()),
            DescriptionId = FieldRules.Id("description_id", reader.ReadString()),
            InputHash = FieldRules.Id("input_hash", reader.ReadString()),
            Origin = new RecordPosition(
                FieldRules.Required("origin.topic", reader.ReadString(), Limits.MaxFieldLength), FieldRules.NotNegative("origin.partition", reader.ReadInt()),
                FieldRules.NotNegative("origin.offset", reader.ReadLong())),
            ModelVersion = FieldRules.Id("model_version", reader.ReadString()),
            EncoderHash = FieldRules.Id("encoder_hash", reader.ReadString()),
            Edition = FieldRules.Edition("nomenclature_edition", reader.ReadString()),
            Code = FieldRules.Code("code", reader.ReadBytes(), HsLevel.Subheading),
            Outcome = (PredictionOutcome)reader.ReadBranch(2),
            DecidedLevel = (HsLevel)(reader.ReadBranch(4) * 2),
            DecidedCode = null,
            Reasons = [],
            Confidence = default,
            Subheadings = [],
            Headings = [],
            Chapters = [],
            Issues = [],
            Profile = NoProfile,
            Timing = NoTiming,
        };
        FieldRules.Known("code", prediction.Code, prediction.Edition);
        var decided = DecidedCode(ref reader, prediction.DecidedLevel);
        return prediction with
        {
            DecidedCode = decided,
            Reasons = reader.ReadList("reasons", Limits.MaxFieldLength),
            Confidence = new Confidence(
                FieldRules.Share("confidence.subheading", reader.ReadFloat()), FieldRules.Share("confidence.heading", reader.ReadFloat()),
                FieldRules.Share("confidence.chapter", reader.ReadFloat())),
            Subheadings = Ranking(ref reader, "subheadings", HsLevel.Subheading) is { Length: > 0 } ranked ? ranked : throw FieldRules.Invalid("subheadings", "at least one", "none"),
            Headings = Ranking(ref reader, "headings", HsLevel.Heading),
            Chapters = Ranking(ref reader, "chapters", HsLevel.Chapter),
            Plausible = Plausible(ref reader),
            Issues = reader.ReadList("issues", Limits.MaxFieldLength),
            Profile = Profile(ref reader),
            Timing = new PredictionTiming(
                EpochTime.Clamp(reader.ReadLong()), FieldRules.Time("timing.scored_at", reader.ReadLong()), Micros("timing.queue_micros", reader.ReadLong()),
                Micros("timing.scoring_micros", reader.ReadLong()), FieldRules.NotNegative("timing.batch_records", reader.ReadInt())),
            ExperimentId = FieldRules.OptionalId("experiment_id", reader.ReadOptional()),
            Source = FieldRules.OptionalText("source", reader.ReadOptional(), Limits.MaxFieldLength),
        };
    }

    private static readonly PredictionProfile NoProfile = new("", "", "", 0, 0, 0, 0, 0, 0);
    private static readonly PredictionTiming NoTiming = new(default, default, default, default, 0);

    private static void Write(AvroWriter writer, IReadOnlyList<CodeProbability> ranking)
    {
        if (ranking.Count > 0)
        {
            writer.WriteLong(ranking.Count);
            for (var i = 0; i < ranking.Count; i++)
            {
                writer.WriteCode(ranking[i].Code);
                writer.WriteFloat(ranking[i].Probability);
            }
        }

        writer.WriteLong(0);
    }

    private static void Write(AvroWriter writer, CodeSet set)
    {
        writer.WriteInt(set.Size);
        if (set.Codes.Count > 0)
        {
            writer.WriteLong(set.Codes.Count);
            for (var i = 0; i < set.Codes.Count; i++) { writer.WriteCode(set.Codes[i]); }
        }

        writer.WriteLong(0);
    }

    private static void Write(AvroWriter writer, PredictionProfile profile)
    {
        writer.WriteString(profile.Provider);
        writer.WriteString(profile.RuntimeVersion);
        writer.WriteString(profile.Instructions);
        writer.WriteInt(profile.IntraOpThreads);
        writer.WriteInt(profile.BatchRows);
        writer.WriteInt(profile.NgramWidth);
        writer.WriteInt(profile.TokenWidth);
        writer.WriteInt(profile.TopK);
        writer.WriteDouble(profile.Coverage);
    }

    private static HsCode? DecidedCode(ref AvroReader reader, HsLevel level)
    {
        var isPresent = reader.ReadBranch(2) == 1;
        if (isPresent != (level != HsLevel.None)) { throw FieldRules.Invalid("decided_code", $"{(level == HsLevel.None ? "null" : "a code")} at {level}", isPresent ? "a code" : "null"); }
        return isPresent ? FieldRules.Code("decided_code", reader.ReadBytes(), level) : null;
    }

    private static CodeProbability[] Ranking(ref AvroReader reader, string field, HsLevel level)
    {
        CodeProbability[] ranking = [];
        while (reader.ReadBlock(6) is var count and > 0)
        {
            var first = ranking.Length;
            Array.Resize(ref ranking, first + count);
            for (var i = first; i < ranking.Length; i++)
            {
                ranking[i] = new CodeProbability(FieldRules.Code(field, reader.ReadBytes(), level), FieldRules.Share(field, reader.ReadFloat()));
            }
        }

        return ranking;
    }

    private static PlausibleCodes? Plausible(ref AvroReader reader) => reader.ReadBranch(2) == 0 ? null
        : new PlausibleCodes(
            FieldRules.Share("plausible.coverage", reader.ReadDouble()), Set(ref reader, "plausible.subheadings", HsLevel.Subheading),
            Set(ref reader, "plausible.headings", HsLevel.Heading), Set(ref reader, "plausible.chapters", HsLevel.Chapter));

    private static CodeSet Set(ref AvroReader reader, string field, HsLevel level)
    {
        var size = FieldRules.NotNegative(field + ".size", reader.ReadInt());
        HsCode[] codes = [];
        while (reader.ReadBlock(3) is var count and > 0)
        {
            var first = codes.Length;
            Array.Resize(ref codes, first + count);
            for (var i = first; i < codes.Length; i++) { codes[i] = FieldRules.Code(field, reader.ReadBytes(), level); }
        }

        return new CodeSet(size, codes);
    }

    private PredictionProfile Profile(ref AvroReader reader) => new(
        FieldRules.Text("profile.provider", reader.ReadString(), Limits.MaxFieldLength), FieldRules.Text("profile.runtime_version", reader.ReadString(), Limits.MaxFieldLength),
        FieldRules.Text("profile.instructions", reader.ReadString(), Limits.MaxFieldLength), reader.ReadInt(), reader.ReadInt(), reader.ReadInt(), reader.ReadInt(),
        reader.ReadInt(), reader.ReadDouble());

    private static TimeSpan Micros(string field, long value) =>
        value is >= 0 and <= 1L << 53 ? TimeSpan.FromMicroseconds(value) : throw FieldRules.Invalid(field, "0 or more microseconds", $"{value}");
}
