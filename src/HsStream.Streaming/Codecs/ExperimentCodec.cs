using HsStream.Domain.Messages;

namespace HsStream.Streaming.Codecs;

internal sealed class ExperimentCodec(RegistrySchemas registry, MessageLimits limits)
    : MessageCodec<Experiment>(registry, MessageSchema.Load("Experiment"), limits)
{
    public override string KeyOf(Experiment message) => message.ExperimentId;

    public override string IdOf(Experiment message) => $"{message.ExperimentId}/{message.Revision}";

    private protected override void Write(AvroWriter writer, Experiment message)
    {
        writer.WriteString(message.ExperimentId);
        writer.WriteInt((int)message.Kind);
        writer.WriteInt(message.IsRunning ? 1 : 0);
        writer.WriteString(message.Champion);
        writer.WriteString(message.Candidate);
        writer.WriteDouble(message.CandidateShare);
        writer.WriteString(message.Salt);
        writer.WriteLong(message.Revision);
        writer.WriteTime(message.ChangedAt);
        writer.WriteString(message.ChangedBy);
        writer.WriteString(message.Reason);
    }

    private protected override Experiment Read(ref AvroReader reader) => new()
    {
        ExperimentId = FieldRules.Id("experiment_id", reader.ReadString()),
        Kind = (ExperimentKind)reader.ReadBranch(3),
        IsRunning = reader.ReadBranch(2) == 1,
        Champion = FieldRules.Id("champion", reader.ReadString()),
        Candidate = FieldRules.Id("candidate", reader.ReadString()),
        CandidateShare = FieldRules.Share("candidate_share", reader.ReadDouble()),
        Salt = FieldRules.Text("salt", reader.ReadString(), Limits.MaxFieldLength),
        Revision = FieldRules.NotNegative("revision", reader.ReadLong()),
        ChangedAt = FieldRules.Time("changed_at", reader.ReadLong()),
        ChangedBy = FieldRules.Required("changed_by", reader.ReadString(), Limits.MaxFieldLength),
        Reason = FieldRules.Required("reason", reader.ReadString(), Limits.MaxFieldLength),
    };
}
