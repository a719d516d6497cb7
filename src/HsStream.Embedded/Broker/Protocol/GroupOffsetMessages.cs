namespace HsStream.Embedded.Broker.Protocol;

internal sealed class OffsetCommitRequest : IWireStruct
{
    public string GroupId = string.Empty;
    public int GenerationId = -1;
    public string MemberId = string.Empty;
    public string? GroupInstanceId;

    /// <summary>Versions 2 to 4; -1 for the broker's own retention.</summary>
    public long RetentionTimeMs = -1;
    public List<TopicData> Topics = [];

    public void Visit(Wire wire)
    {
        wire.String(ref GroupId);
        wire.Int32(ref GenerationId);
        wire.String(ref MemberId);
        if (wire.Version >= 7) { wire.NullableString(ref GroupInstanceId); }
        if (wire.Version is >= 2 and <= 4) { wire.Int64(ref RetentionTimeMs); }
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
        public long Offset;
        public int LeaderEpoch = -1;
        public string? Metadata;

        public void Visit(Wire wire)
        {
            wire.Int32(ref Partition);
            wire.Int64(ref Offset);
            if (wire.Version >= 6) { wire.Int32(ref LeaderEpoch); }
            wire.NullableString(ref Metadata);
        }
    }
}

internal sealed class OffsetCommitResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public List<TopicResult> Topics = [];

    public void Visit(Wire wire)
    {
        if (wire.Version >= 3) { wire.Int32(ref ThrottleTimeMs); }
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

        public void Visit(Wire wire)
        {
            wire.Int32(ref Partition);
            wire.Error(ref Error);
        }
    }
}

internal sealed class TxnOffsetCommitRequest : IWireStruct
{
    public string TransactionalId = string.Empty;
    public string GroupId = string.Empty;
    public long ProducerId;
    public short ProducerEpoch;
    public int GenerationId = -1;
    public string MemberId = string.Empty;
    public string? GroupInstanceId;
    public List<TopicData> Topics = [];

    public void Visit(Wire wire)
    {
        wire.String(ref TransactionalId);
        wire.String(ref GroupId);
        wire.Int64(ref ProducerId);
        wire.Int16(ref ProducerEpoch);
        if (wire.Version >= 3)
        {
            wire.Int32(ref GenerationId);
            wire.String(ref MemberId);
            wire.NullableString(ref GroupInstanceId);
        }

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
        public long Offset;
        public int LeaderEpoch = -1;
        public string? Metadata;

        public void Visit(Wire wire)
        {
            wire.Int32(ref Partition);
            wire.Int64(ref Offset);
            if (wire.Version >= 2) { wire.Int32(ref LeaderEpoch); }
            wire.NullableString(ref Metadata);
        }
    }
}

internal sealed class TxnOffsetCommitResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public List<OffsetCommitResponse.TopicResult> Topics = [];

    public void Visit(Wire wire)
    {
        wire.Int32(ref ThrottleTimeMs);
        wire.Array(ref Topics);
    }
}

internal sealed class OffsetFetchRequest : IWireStruct
{
    /// <summary>One group before version 8, any number from it on.</summary>
    public List<Group> Groups = [];
    public bool RequireStable;

    public void Visit(Wire wire)
    {
        if (wire.Version >= 8)
        {
            wire.Array(ref Groups);
        }
        else
        {
            if (wire.Reading) { Groups = [new Group()]; }
            Groups[0].Visit(wire);
        }

        if (wire.Version >= 7) { wire.Bool(ref RequireStable); }
    }

    internal sealed class Group : IWireStruct
    {
        public string GroupId = string.Empty;

        /// <summary>Null for every partition the group has an offset for.</summary>
        public List<TopicData>? Topics;

        public void Visit(Wire wire)
        {
            wire.String(ref GroupId);
            wire.NullableArray(ref Topics);
        }
    }

    internal sealed class TopicData : IWireStruct
    {
        public string Name = string.Empty;
        public List<int> Partitions = [];

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.Int32Array(ref Partitions);
        }
    }
}

internal sealed class OffsetFetchResponse : IWireStruct
{
    public int ThrottleTimeMs;

    /// <summary>In the request's order.</summary>
    public List<Group> Groups = [];

    public void Visit(Wire wire)
    {
        if (wire.Version >= 3) { wire.Int32(ref ThrottleTimeMs); }
        if (wire.Version >= 8)
        {
            wire.Array(ref Groups);
            return;
        }

        if (wire.Reading) { Groups = [new Group()]; }
        wire.Array(ref Groups[0].Topics);
        if (wire.Version >= 2) { wire.Error(ref Groups[0].Error); }
    }

    internal sealed class Group : IWireStruct
    {
        public string GroupId = string.Empty;
        public List<TopicResult> Topics = [];
        public ErrorCode Error;

        public void Visit(Wire wire)
        {
            wire.String(ref GroupId);
            wire.Array(ref Topics);
            wire.Error(ref Error);
        }
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
        public long Offset = -1;
        public int LeaderEpoch = -1;
        public string? Metadata = string.Empty;
        public ErrorCode Error;

        public void Visit(Wire wire)
        {
            wire.Int32(ref Partition);
            wire.Int64(ref Offset);
            if (wire.Version >= 5) { wire.Int32(ref LeaderEpoch); }
            wire.NullableString(ref Metadata);
            wire.Error(ref Error);
        }
    }
}
