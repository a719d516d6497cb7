using HsStream.Embedded.Broker.Log;

namespace HsStream.Embedded.Broker.Protocol;

internal sealed class FetchRequest : IWireStruct
{
    public int ReplicaId = -1;
    public int MaxWaitMs;
    public int MinBytes;
    public int MaxBytes = int.MaxValue;
    public sbyte Isolation;
    public int SessionId;
    public int SessionEpoch = -1;
    public List<TopicData> Topics = [];
    public List<ForgottenTopic> Forgotten = [];
    public string RackId = string.Empty;

    public void Visit(Wire wire)
    {
        wire.Int32(ref ReplicaId);
        wire.Int32(ref MaxWaitMs);
        wire.Int32(ref MinBytes);
        wire.Int32(ref MaxBytes);
        wire.Int8(ref Isolation);
        if (wire.Version >= 7)
        {
            wire.Int32(ref SessionId);
            wire.Int32(ref SessionEpoch);
        }

        wire.Array(ref Topics);
        if (wire.Version >= 7) { wire.Array(ref Forgotten); }
        if (wire.Version >= 11) { wire.String(ref RackId); }
    }

    internal sealed class TopicData : IWireStruct
    {
        /// <summary>Empty from version 13 on, where <see cref="TopicId"/> names the topic.</summary>
        public string Name = string.Empty;
        public Guid TopicId;
        public List<PartitionData> Partitions = [];

        public void Visit(Wire wire)
        {
            if (wire.Version <= 12) { wire.String(ref Name); } else { wire.Uuid(ref TopicId); }
            wire.Array(ref Partitions);
        }
    }

    internal sealed class PartitionData : IWireStruct
    {
        public int Partition;
        public int CurrentLeaderEpoch = -1;
        public long FetchOffset;
        public int LastFetchedEpoch = -1;
        public long LogStartOffset = -1;
        public int MaxBytes;

        public void Visit(Wire wire)
        {
            wire.Int32(ref Partition);
            if (wire.Version >= 9) { wire.Int32(ref CurrentLeaderEpoch); }
            wire.Int64(ref FetchOffset);
            if (wire.Version >= 12) { wire.Int32(ref LastFetchedEpoch); }
            if (wire.Version >= 5) { wire.Int64(ref LogStartOffset); }
            wire.Int32(ref MaxBytes);
        }
    }

    internal sealed class ForgottenTopic : IWireStruct
    {
        public string Name = string.Empty;
        public Guid TopicId;
        public List<int> Partitions = [];

        public void Visit(Wire wire)
        {
            if (wire.Version <= 12) { wire.String(ref Name); } else { wire.Uuid(ref TopicId); }
            wire.Int32Array(ref Partitions);
        }
    }
}

internal sealed class FetchResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public int SessionId;
    public List<TopicResult> Topics = [];

    public void Visit(Wire wire)
    {
        wire.Int32(ref ThrottleTimeMs);
        if (wire.Version >= 7)
        {
            wire.Error(ref Error);
            wire.Int32(ref SessionId);
        }

        wire.Array(ref Topics);
    }

    internal sealed class TopicResult : IWireStruct
    {
        public string Name = string.Empty;
        public Guid TopicId;
        public List<PartitionResult> Partitions = [];

        public void Visit(Wire wire)
        {
            if (wire.Version <= 12) { wire.String(ref Name); } else { wire.Uuid(ref TopicId); }
            wire.Array(ref Partitions);
        }
    }

    internal sealed class PartitionResult : IWireStruct
    {
        public int Partition;
        public ErrorCode Error;
        public long HighWatermark = -1;
        public long LastStableOffset = -1;
        public long LogStartOffset = -1;
        public List<AbortedRange>? Aborted;
        public int PreferredReadReplica = -1;

        /// <summary>Never null: librdkafka takes a null record set for a parse error.</summary>
        public RecordSet? Records = RecordSet.Empty;

        public void Visit(Wire wire)
        {
            wire.Int32(ref Partition);
            wire.Error(ref Error);
            wire.Int64(ref HighWatermark);
            wire.Int64(ref LastStableOffset);
            if (wire.Version >= 5) { wire.Int64(ref LogStartOffset); }
            wire.NullableArray(ref Aborted);
            if (wire.Version >= 11) { wire.Int32(ref PreferredReadReplica); }
            wire.NullableRecords(ref Records);
        }
    }

    internal sealed class AbortedRange : IWireStruct
    {
        public long ProducerId;
        public long FirstOffset;

        public void Visit(Wire wire)
        {
            wire.Int64(ref ProducerId);
            wire.Int64(ref FirstOffset);
        }
    }
}
