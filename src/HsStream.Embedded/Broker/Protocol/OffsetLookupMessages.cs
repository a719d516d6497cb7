namespace HsStream.Embedded.Broker.Protocol;

internal sealed class ListOffsetsRequest : IWireStruct
{
    public int ReplicaId = -1;
    public sbyte Isolation;
    public List<TopicData> Topics = [];

    public void Visit(Wire wire)
    {
        wire.Int32(ref ReplicaId);
        if (wire.Version >= 2) { wire.Int8(ref Isolation); }
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
        public int Partition;
        public int CurrentLeaderEpoch = -1;

        /// <summary>Milliseconds since 1970, or -1 latest, -2 earliest, -3 the record with the largest timestamp.</summary>
        public long Timestamp;

        public void Visit(Wire wire)
        {
            wire.Int32(ref Partition);
            if (wire.Version >= 4) { wire.Int32(ref CurrentLeaderEpoch); }
            wire.Int64(ref Timestamp);
        }
    }
}

internal sealed class ListOffsetsResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public List<TopicResult> Topics = [];

    public void Visit(Wire wire)
    {
        if (wire.Version >= 2) { wire.Int32(ref ThrottleTimeMs); }
        wire.Array(ref Topics);
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
        public int Partition;
        public ErrorCode Error;
        public long Timestamp = -1;
        public long Offset = -1;
        public int LeaderEpoch = -1;

        public void Visit(Wire wire)
        {
            wire.Int32(ref Partition);
            wire.Error(ref Error);
            wire.Int64(ref Timestamp);
            wire.Int64(ref Offset);
            if (wire.Version >= 4) { wire.Int32(ref LeaderEpoch); }
        }
    }
}

internal sealed class OffsetForLeaderEpochRequest : IWireStruct
{
    public int ReplicaId = -2;
    public List<TopicData> Topics = [];

    public void Visit(Wire wire)
    {
        if (wire.Version >= 3) { wire.Int32(ref ReplicaId); }
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
        public int Partition;
        public int CurrentLeaderEpoch = -1;
        public int LeaderEpoch;

        public void Visit(Wire wire)
        {
            wire.Int32(ref Partition);
            wire.Int32(ref CurrentLeaderEpoch);
            wire.Int32(ref LeaderEpoch);
        }
    }
}

internal sealed class OffsetForLeaderEpochResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public List<TopicResult> Topics = [];

    public void Visit(Wire wire)
    {
        wire.Int32(ref ThrottleTimeMs);
        wire.Array(ref Topics);
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
        public ErrorCode Error;
        public int Partition;
        public int LeaderEpoch = -1;
        public long EndOffset = -1;

        public void Visit(Wire wire)
        {
            wire.Error(ref Error);
            wire.Int32(ref Partition);
            wire.Int32(ref LeaderEpoch);
            wire.Int64(ref EndOffset);
        }
    }
}
