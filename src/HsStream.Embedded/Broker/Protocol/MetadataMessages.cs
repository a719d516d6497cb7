namespace HsStream.Embedded.Broker.Protocol;

internal sealed class ApiVersionsRequest : IWireStruct
{
    public string ClientSoftwareName = string.Empty;
    public string ClientSoftwareVersion = string.Empty;

    public void Visit(Wire wire)
    {
        if (wire.Version < 3) { return; }
        wire.String(ref ClientSoftwareName);
        wire.String(ref ClientSoftwareVersion);
    }
}

internal sealed class ApiVersionsResponse : IWireStruct
{
    public ErrorCode Error;
    public List<ApiRange> Apis = [];
    public int ThrottleTimeMs;

    public void Visit(Wire wire)
    {
        wire.Error(ref Error);
        wire.Array(ref Apis);
        if (wire.Version >= 1) { wire.Int32(ref ThrottleTimeMs); }
    }

    internal sealed class ApiRange : IWireStruct
    {
        public short Key;
        public short MinVersion;
        public short MaxVersion;

        public void Visit(Wire wire)
        {
            wire.Int16(ref Key);
            wire.Int16(ref MinVersion);
            wire.Int16(ref MaxVersion);
        }
    }
}

internal sealed class MetadataRequest : IWireStruct
{
    /// <summary>Null for all topics; version 0 has no null and says it by an empty list.</summary>
    public List<TopicData>? Topics;
    public bool AllowAutoTopicCreation = true;
    public bool IncludeClusterAuthorizedOperations;
    public bool IncludeTopicAuthorizedOperations;

    public void Visit(Wire wire)
    {
        if (wire.Version == 0 && !wire.Reading) { Topics ??= []; }
        wire.NullableArray(ref Topics);
        if (wire.Version == 0 && Topics is { Count: 0 }) { Topics = null; }
        if (wire.Version >= 4) { wire.Bool(ref AllowAutoTopicCreation); }
        if (wire.Version is >= 8 and <= 10) { wire.Bool(ref IncludeClusterAuthorizedOperations); }
        if (wire.Version >= 8) { wire.Bool(ref IncludeTopicAuthorizedOperations); }
    }

    internal sealed class TopicData : IWireStruct
    {
        public Guid TopicId;
        public string? Name = string.Empty;

        public void Visit(Wire wire)
        {
            if (wire.Version >= 10) { wire.Uuid(ref TopicId); }
            wire.NullableString(ref Name);
            if (wire.Version < 10 && Name is null) { throw new ProtocolException("A topic name that must not be null is null."); }
        }
    }
}

internal sealed class MetadataResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public List<BrokerNode> Brokers = [];
    public string? ClusterId;
    public int ControllerId = -1;
    public List<TopicResult> Topics = [];
    public int ClusterAuthorizedOperations = AuthorizedOperations.NotAsked;

    public void Visit(Wire wire)
    {
        if (wire.Version >= 3) { wire.Int32(ref ThrottleTimeMs); }
        wire.Array(ref Brokers);
        if (wire.Version >= 2) { wire.NullableString(ref ClusterId); }
        if (wire.Version >= 1) { wire.Int32(ref ControllerId); }
        wire.Array(ref Topics);
        if (wire.Version is >= 8 and <= 10) { wire.Int32(ref ClusterAuthorizedOperations); }
    }

    internal sealed class BrokerNode : IWireStruct
    {
        public int NodeId;
        public string Host = string.Empty;
        public int Port;
        public string? Rack;

        public void Visit(Wire wire)
        {
            wire.Int32(ref NodeId);
            wire.String(ref Host);
            wire.Int32(ref Port);
            if (wire.Version >= 1) { wire.NullableString(ref Rack); }
        }
    }

    internal sealed class TopicResult : IWireStruct
    {
        public ErrorCode Error;

        /// <summary>Null only from version 12 on; older versions get an empty name.</summary>
        public string? Name;
        public Guid TopicId;
        public bool IsInternal;
        public List<PartitionResult> Partitions = [];
        public int AuthorizedOperations = Protocol.AuthorizedOperations.NotAsked;

        public void Visit(Wire wire)
        {
            wire.Error(ref Error);
            if (wire.Version < 12) { Name ??= string.Empty; }
            wire.NullableString(ref Name);
            if (wire.Version >= 10) { wire.Uuid(ref TopicId); }
            if (wire.Version >= 1) { wire.Bool(ref IsInternal); }
            wire.Array(ref Partitions);
            if (wire.Version >= 8) { wire.Int32(ref AuthorizedOperations); }
        }
    }

    internal sealed class PartitionResult : IWireStruct
    {
        public ErrorCode Error;
        public int Partition;
        public int LeaderId;
        public int LeaderEpoch;
        public List<int> Replicas = [];
        public List<int> Isr = [];
        public List<int> Offline = [];

        public void Visit(Wire wire)
        {
            wire.Error(ref Error);
            wire.Int32(ref Partition);
            wire.Int32(ref LeaderId);
            if (wire.Version >= 7) { wire.Int32(ref LeaderEpoch); }
            wire.Int32Array(ref Replicas);
            wire.Int32Array(ref Isr);
            if (wire.Version >= 5) { wire.Int32Array(ref Offline); }
        }
    }
}

internal sealed class DescribeClusterRequest : IWireStruct
{
    public bool IncludeAuthorizedOperations;

    /// <summary>1 brokers, 2 controllers.</summary>
    public sbyte EndpointType = 1;

    public void Visit(Wire wire)
    {
        wire.Bool(ref IncludeAuthorizedOperations);
        if (wire.Version >= 1) { wire.Int8(ref EndpointType); }
    }
}

internal sealed class DescribeClusterResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public string? ErrorMessage;
    public sbyte EndpointType = 1;
    public string ClusterId = string.Empty;
    public int ControllerId = -1;
    public List<BrokerNode> Brokers = [];
    public int AuthorizedOperations = Protocol.AuthorizedOperations.NotAsked;

    public void Visit(Wire wire)
    {
        wire.Int32(ref ThrottleTimeMs);
        wire.Error(ref Error);
        wire.NullableString(ref ErrorMessage);
        if (wire.Version >= 1) { wire.Int8(ref EndpointType); }
        wire.String(ref ClusterId);
        wire.Int32(ref ControllerId);
        wire.Array(ref Brokers);
        wire.Int32(ref AuthorizedOperations);
    }

    internal sealed class BrokerNode : IWireStruct
    {
        public int NodeId;
        public string Host = string.Empty;
        public int Port;
        public string? Rack;

        public void Visit(Wire wire)
        {
            wire.Int32(ref NodeId);
            wire.String(ref Host);
            wire.Int32(ref Port);
            wire.NullableString(ref Rack);
        }
    }
}

internal sealed class FindCoordinatorRequest : IWireStruct
{
    public string Key = string.Empty;

    /// <summary>0 group, 1 transaction.</summary>
    public sbyte KeyType;
    public List<string> Keys = [];

    public void Visit(Wire wire)
    {
        if (wire.Version <= 3) { wire.String(ref Key); }
        if (wire.Version >= 1) { wire.Int8(ref KeyType); }
        if (wire.Version >= 4) { wire.StringArray(ref Keys); }
    }
}

internal sealed class FindCoordinatorResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public string? ErrorMessage;
    public int NodeId = -1;
    public string Host = string.Empty;
    public int Port = -1;
    public List<Coordinator> Coordinators = [];

    public void Visit(Wire wire)
    {
        if (wire.Version >= 1) { wire.Int32(ref ThrottleTimeMs); }
        if (wire.Version >= 4)
        {
            wire.Array(ref Coordinators);
            return;
        }

        wire.Error(ref Error);
        if (wire.Version >= 1) { wire.NullableString(ref ErrorMessage); }
        wire.Int32(ref NodeId);
        wire.String(ref Host);
        wire.Int32(ref Port);
    }

    internal sealed class Coordinator : IWireStruct
    {
        public string Key = string.Empty;
        public int NodeId = -1;
        public string Host = string.Empty;
        public int Port = -1;
        public ErrorCode Error;
        public string? ErrorMessage;

        public void Visit(Wire wire)
        {
            wire.String(ref Key);
            wire.Int32(ref NodeId);
            wire.String(ref Host);
            wire.Int32(ref Port);
            wire.Error(ref Error);
            wire.NullableString(ref ErrorMessage);
        }
    }
}
