using HsStream.Domain.Messages;

namespace HsStream.Streaming.Codecs;

internal sealed class MonitorSignalCodec(RegistrySchemas registry, MessageLimits limits)
    : MessageCodec<MonitorSignal>(registry, MessageSchema.Load("MonitorSignal"), limits)
{
    public override string KeyOf(MonitorSignal message) => message.Subject;

    public override string IdOf(MonitorSignal message) => message.SignalId;

    private protected override void Write(AvroWriter writer, MonitorSignal message)
    {
        writer.WriteString(message.SignalId);
        writer.WriteString(message.Subject);
        writer.WriteString(message.Detector);
        writer.WriteInt((int)message.Severity);
        writer.WriteDouble(message.Statistic);
        writer.WriteDouble(message.Threshold);
        writer.WriteLong(message.WindowRecords);
        writer.WriteOptional(message.ModelVersion);
        writer.WriteString(message.Detail);
        writer.WriteTime(message.RaisedAt);
    }

    private protected override MonitorSignal Read(ref AvroReader reader) => new()
    {
        SignalId = FieldRules.Id("signal_id", reader.ReadString()),
        Subject = FieldRules.Id("subject", reader.ReadString()),
        Detector = FieldRules.Required("detector", reader.ReadString(), Limits.MaxFieldLength),
        Severity = (SignalSeverity)reader.ReadBranch(3),
        Statistic = reader.ReadDouble(),
        Threshold = reader.ReadDouble(),
        WindowRecords = FieldRules.NotNegative("window_records", reader.ReadLong()),
        ModelVersion = FieldRules.OptionalId("model_version", reader.ReadOptional()),
        Detail = FieldRules.Text("detail", reader.ReadString(), Limits.MaxFieldLength),
        RaisedAt = FieldRules.Time("raised_at", reader.ReadLong()),
    };
}
