using HsStream.Domain.Messages;

namespace HsStream.Streaming.Codecs;

internal sealed class ModelVersionCodec(RegistrySchemas registry, MessageLimits limits)
    : MessageCodec<ModelVersion>(registry, MessageSchema.Load("ModelVersion"), limits)
{
    public override string KeyOf(ModelVersion message) => message.Version;

    public override string IdOf(ModelVersion message) => $"{message.Version}/{message.Revision}";

    private protected override void Write(AvroWriter writer, ModelVersion message)
    {
        writer.WriteString(message.Version);
        writer.WriteInt((int)message.Stage);
        writer.WriteLong(message.Revision);
        writer.WriteString(message.Architecture);
        writer.WriteString(message.EncoderHash);
        writer.WriteString(message.Edition.Name);
        writer.WriteTime(message.ChangedAt);
        writer.WriteString(message.ChangedBy);
        writer.WriteString(message.Reason);
        writer.WriteOptional(message.Evidence);
        if (message.Metrics.Count > 0)
        {
            writer.WriteLong(message.Metrics.Count);
            foreach (var (name, value) in message.Metrics)
            {
                writer.WriteString(name);
                writer.WriteDouble(value);
            }
        }

        writer.WriteLong(0);
    }

    private protected override ModelVersion Read(ref AvroReader reader) => new()
    {
        Version = FieldRules.Id("model_version", reader.ReadString()),
        Stage = (ModelStage)reader.ReadBranch(6),
        Revision = FieldRules.NotNegative("revision", reader.ReadLong()),
        Architecture = FieldRules.Text("architecture", reader.ReadString(), Limits.MaxFieldLength),
        EncoderHash = FieldRules.Id("encoder_hash", reader.ReadString()),
        Edition = FieldRules.Edition("nomenclature_edition", reader.ReadString()),
        ChangedAt = FieldRules.Time("changed_at", reader.ReadLong()),
        ChangedBy = FieldRules.Required("changed_by", reader.ReadString(), Limits.MaxFieldLength),
        Reason = FieldRules.Required("reason", reader.ReadString(), Limits.MaxFieldLength),
        Evidence = FieldRules.OptionalText("evidence", reader.ReadOptional(), Limits.MaxFieldLength),
        Metrics = Metrics(ref reader),
    };

    private Dictionary<string, double> Metrics(ref AvroReader reader)
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        while (reader.ReadBlock(9) is var count and > 0)
        {
            for (var i = 0; i < count; i++) { metrics[FieldRules.Text("metrics", reader.ReadString(), Limits.MaxFieldLength)] = reader.ReadDouble(); }
        }

        return metrics;
    }
}
