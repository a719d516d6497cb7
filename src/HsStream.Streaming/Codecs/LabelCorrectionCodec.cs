using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;

namespace HsStream.Streaming.Codecs;

internal sealed class LabelCorrectionCodec(RegistrySchemas registry, MessageLimits limits)
    : MessageCodec<LabelCorrection>(registry, MessageSchema.Load("LabelCorrection"), limits)
{
    public override string KeyOf(LabelCorrection message) => message.DescriptionId;

    public override string IdOf(LabelCorrection message) => message.CorrectionId;

    private protected override void Write(AvroWriter writer, LabelCorrection message)
    {
        writer.WriteString(message.CorrectionId);
        writer.WriteString(message.DescriptionId);
        writer.WriteCode(message.Code);
        writer.WriteString(message.Edition.Name);
        writer.WriteString(message.CorrectedBy);
        writer.WriteString(message.Reason);
        writer.WriteOptional(message.Evidence);
        writer.WriteTime(message.CorrectedAt);
        writer.WriteOptional(message.InputHash);
        writer.WriteOptional(message.PredictionId);
        writer.WriteInt((int)message.Kind);
        writer.WriteInt(message.SamplingProbability is null ? 0 : 1);
        if (message.SamplingProbability is { } share) { writer.WriteDouble(share); }
    }

    private protected override LabelCorrection Read(ref AvroReader reader)
    {
        var correctionId = FieldRules.Id("correction_id", reader.ReadString());
        var descriptionId = FieldRules.Id("description_id", reader.ReadString());
        var code = FieldRules.Code("code", reader.ReadBytes(), HsLevel.Subheading);
        var edition = FieldRules.Edition("nomenclature_edition", reader.ReadString());
        return new LabelCorrection
        {
            CorrectionId = correctionId,
            DescriptionId = descriptionId,
            Code = FieldRules.Known("code", code, edition),
            Edition = edition,
            CorrectedBy = FieldRules.Required("corrected_by", reader.ReadString(), Limits.MaxFieldLength),
            Reason = FieldRules.Required("reason", reader.ReadString(), Limits.MaxFieldLength),
            Evidence = FieldRules.OptionalText("evidence", reader.ReadOptional(), Limits.MaxFieldLength),
            CorrectedAt = FieldRules.Time("corrected_at", reader.ReadLong()),
            InputHash = FieldRules.OptionalId("input_hash", reader.ReadOptional()),
            PredictionId = FieldRules.OptionalId("prediction_id", reader.ReadOptional()),
            Kind = (CorrectionKind)reader.ReadBranch(3),
            SamplingProbability = reader.ReadBranch(2) == 0 ? null : Drawn(reader.ReadDouble()),
        };
    }

    private static double Drawn(double share) =>
        share is > 0 and <= 1 ? share : throw FieldRules.Invalid("sampling_probability", "a number above 0 and at most 1", $"{share}");
}
