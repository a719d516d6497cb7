namespace HsStream.Embedded.Broker.Protocol;

internal sealed class CreateTopicsRequest : IWireStruct
{
    public List<TopicData> Topics = [];
    public int TimeoutMs;
    public bool ValidateOnly;

    public void Visit(Wire wire)
    {
        wire.Array(ref Topics);
        wire.Int32(ref TimeoutMs);
        wire.Bool(ref ValidateOnly);
    }

    internal sealed class TopicData : IWireStruct
    {
        public string Name = string.Empty;

        /// <summary>-1 for the broker's default, also when <see cref="Assignments"/> are given.</summary>
        public int Partitions;
        public short ReplicationFactor;
        public List<Assignment> Assignments = [];
        public List<Config> Configs = [];

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.Int32(ref Partitions);
            wire.Int16(ref ReplicationFactor);
            wire.Array(ref Assignments);
            wire.Array(ref Configs);
        }
    }

    internal sealed class Assignment : IWireStruct
    {
        public int Partition;
        public List<int> Brokers = [];

        public void Visit(Wire wire)
        {
            wire.Int32(ref Partition);
            wire.Int32Array(ref Brokers);
        }
    }

    internal sealed class Config : IWireStruct
    {
        public string Name = string.Empty;
        public string? Value;

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.NullableString(ref Value);
        }
    }
}

internal sealed class CreateTopicsResponse : IWireStruct
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
        public Guid TopicId;
        public ErrorCode Error;
        public string? ErrorMessage;
        public int Partitions = -1;
        public short ReplicationFactor = -1;
        public List<Config>? Configs = [];

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            if (wire.Version >= 7) { wire.Uuid(ref TopicId); }
            wire.Error(ref Error);
            wire.NullableString(ref ErrorMessage);
            if (wire.Version < 5) { return; }
            wire.Int32(ref Partitions);
            wire.Int16(ref ReplicationFactor);
            wire.NullableArray(ref Configs);
        }
    }

    internal sealed class Config : IWireStruct
    {
        public string Name = string.Empty;
        public string? Value;
        public bool ReadOnly;

        /// <summary>1 set on the topic, 4 set in the broker's configuration, 5 default.</summary>
        public sbyte Source = 5;
        public bool IsSensitive;

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.NullableString(ref Value);
            wire.Bool(ref ReadOnly);
            wire.Int8(ref Source);
            wire.Bool(ref IsSensitive);
        }
    }
}

internal sealed class DeleteTopicsRequest : IWireStruct
{
    public List<TopicData> Topics = [];
    public int TimeoutMs;

    public void Visit(Wire wire)
    {
        if (wire.Version >= 6)
        {
            wire.Array(ref Topics);
        }
        else
        {
            var names = Topics.ConvertAll(topic => topic.Name ?? string.Empty);
            wire.StringArray(ref names);
            if (wire.Reading) { Topics = names.ConvertAll(name => new TopicData { Name = name }); }
        }

        wire.Int32(ref TimeoutMs);
    }

    internal sealed class TopicData : IWireStruct
    {
        /// <summary>Null when the topic is named by its id.</summary>
        public string? Name;
        public Guid TopicId;

        public void Visit(Wire wire)
        {
            wire.NullableString(ref Name);
            wire.Uuid(ref TopicId);
        }
    }
}

internal sealed class DeleteTopicsResponse : IWireStruct
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
        public string? Name;
        public Guid TopicId;
        public ErrorCode Error;
        public string? ErrorMessage;

        public void Visit(Wire wire)
        {
            if (wire.Version < 6) { Name ??= string.Empty; }
            wire.NullableString(ref Name);
            if (wire.Version >= 6) { wire.Uuid(ref TopicId); }
            wire.Error(ref Error);
            if (wire.Version >= 5) { wire.NullableString(ref ErrorMessage); }
        }
    }
}

internal sealed class CreatePartitionsRequest : IWireStruct
{
    public List<TopicData> Topics = [];
    public int TimeoutMs;
    public bool ValidateOnly;

    public void Visit(Wire wire)
    {
        wire.Array(ref Topics);
        wire.Int32(ref TimeoutMs);
        wire.Bool(ref ValidateOnly);
    }

    internal sealed class TopicData : IWireStruct
    {
        public string Name = string.Empty;

        /// <summary>The new total.</summary>
        public int Count;
        public List<Assignment>? Assignments;

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.Int32(ref Count);
            wire.NullableArray(ref Assignments);
        }
    }

    internal sealed class Assignment : IWireStruct
    {
        public List<int> Brokers = [];

        public void Visit(Wire wire) => wire.Int32Array(ref Brokers);
    }
}

internal sealed class CreatePartitionsResponse : IWireStruct
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
        public ErrorCode Error;
        public string? ErrorMessage;

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.Error(ref Error);
            wire.NullableString(ref ErrorMessage);
        }
    }
}

internal sealed class DeleteRecordsRequest : IWireStruct
{
    public List<TopicData> Topics = [];
    public int TimeoutMs;

    public void Visit(Wire wire)
    {
        wire.Array(ref Topics);
        wire.Int32(ref TimeoutMs);
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

        /// <summary>Records before it go; -1 for the high watermark.</summary>
        public long Offset;

        public void Visit(Wire wire)
        {
            wire.Int32(ref Partition);
            wire.Int64(ref Offset);
        }
    }
}

internal sealed class DeleteRecordsResponse : IWireStruct
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
        public int Partition;
        public long LowWatermark = -1;
        public ErrorCode Error;

        public void Visit(Wire wire)
        {
            wire.Int32(ref Partition);
            wire.Int64(ref LowWatermark);
            wire.Error(ref Error);
        }
    }
}
