using HsStream.Embedded.Broker.Log;

namespace HsStream.Embedded.Broker.Protocol;

internal sealed class ProduceRequest : IWireStruct
{
    public string? TransactionalId;
    public short Acks;
    public int TimeoutMs;
    public List<TopicData> Topics = [];

    public void Visit(Wire wire)
    {
        if (wire.Version >= 3) { wire.NullableString(ref TransactionalId); }
        wire.Int16(ref Acks);
        wire.Int32(ref TimeoutMs);
        wire.Array(ref Topics);
    }

    internal sealed class TopicData : IWireStruct
    {
        public string Name = string.Empty;
        public List<PartitionData> Partitions = [];

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.Array(ref Partitions);
        }
    }

    internal sealed class PartitionData : IWireStruct
    {
        public int Index;
        public RecordSet? Records;

        public void Visit(Wire wire)
        {
            wire.Int32(ref Index);
            wire.NullableRecords(ref Records);
        }
    }
}

internal sealed class ProduceResponse : IWireStruct
{
    public List<TopicResult> Topics = [];
    public int ThrottleTimeMs;

    public void Visit(Wire wire)
    {
        wire.Array(ref Topics);
        if (wire.Version >= 1) { wire.Int32(ref ThrottleTimeMs); }
    }

    internal sealed class TopicResult : IWireStruct
    {
        public string Name = string.Empty;
        public List<PartitionResult> Partitions = [];

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.Array(ref Partitions);
        }
    }

    internal sealed class PartitionResult : IWireStruct
    {
        public int Index;
        public ErrorCode Error;
        public long BaseOffset = -1;
        public long LogAppendTimeMs = -1;
        public long LogStartOffset = -1;
        public List<RecordError> RecordErrors = [];
        public string? ErrorMessage;

        public void Visit(Wire wire)
        {
            wire.Int32(ref Index);
            wire.Error(ref Error);
            wire.Int64(ref BaseOffset);
            if (wire.Version >= 2) { wire.Int64(ref LogAppendTimeMs); }
            if (wire.Version >= 5) { wire.Int64(ref LogStartOffset); }
            if (wire.Version >= 8)
            {
                wire.Array(ref RecordErrors);
                wire.NullableString(ref ErrorMessage);
            }
        }
    }

    internal sealed class RecordError : IWireStruct
    {
        public int BatchIndex;
        public string? Message;

        public void Visit(Wire wire)
        {
            wire.Int32(ref BatchIndex);
            wire.NullableString(ref Message);
        }
    }
}
