using HsStream.Domain.Messages;

namespace HsStream.Streaming.Codecs;

internal sealed class RetrainingRequestCodec(RegistrySchemas registry, MessageLimits limits)
    : MessageCodec<RetrainingRequest>(registry, MessageSchema.Load("RetrainingRequest"), limits)
{
    public override string KeyOf(RetrainingRequest message) => message.Subject;

    public override string IdOf(RetrainingRequest message) => message.RequestId;

    private protected override void Write(AvroWriter writer, RetrainingRequest message)
    {
        writer.WriteString(message.RequestId);
        writer.WriteString(message.Subject);
        writer.WriteInt((int)message.Trigger);
        writer.WriteList(message.SignalIds);
        writer.WriteInt(message.EventHighWaterMark is null ? 0 : 1);
        if (message.EventHighWaterMark is { } mark) { writer.WriteLong(mark); }
        writer.WriteString(message.RequestedBy);
        writer.WriteString(message.Reason);
        writer.WriteTime(message.RequestedAt);
    }

    private protected override RetrainingRequest Read(ref AvroReader reader) => new()
    {
        RequestId = FieldRules.Id("request_id", reader.ReadString()),
        Subject = FieldRules.Id("subject", reader.ReadString()),
        Trigger = (RetrainingTrigger)reader.ReadBranch(5),
        SignalIds = reader.ReadList("signal_ids", MessageLimits.MaxIdLength),
        EventHighWaterMark = reader.ReadBranch(2) == 0 ? null : FieldRules.NotNegative("event_high_water_mark", reader.ReadLong()),
        RequestedBy = FieldRules.Required("requested_by", reader.ReadString(), Limits.MaxFieldLength),
        Reason = FieldRules.Required("reason", reader.ReadString(), Limits.MaxFieldLength),
        RequestedAt = FieldRules.Time("requested_at", reader.ReadLong()),
    };
}
