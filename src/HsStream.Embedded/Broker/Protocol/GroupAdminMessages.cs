namespace HsStream.Embedded.Broker.Protocol;

internal sealed class DescribeGroupsRequest : IWireStruct
{
    public List<string> Groups = [];
    public bool IncludeAuthorizedOperations;

    public void Visit(Wire wire)
    {
        wire.StringArray(ref Groups);
        if (wire.Version >= 3) { wire.Bool(ref IncludeAuthorizedOperations); }
    }
}

internal sealed class DescribeGroupsResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public List<Group> Groups = [];

    public void Visit(Wire wire)
    {
        if (wire.Version >= 1) { wire.Int32(ref ThrottleTimeMs); }
        wire.Array(ref Groups);
    }

    internal sealed class Group : IWireStruct
    {
        public ErrorCode Error;
        public string GroupId = string.Empty;
        public string State = string.Empty;
        public string ProtocolType = string.Empty;
        public string ProtocolName = string.Empty;
        public List<Member> Members = [];
        public int AuthorizedOperations = Protocol.AuthorizedOperations.NotAsked;

        public void Visit(Wire wire)
        {
            wire.Error(ref Error);
            wire.String(ref GroupId);
            wire.String(ref State);
            wire.String(ref ProtocolType);
            wire.String(ref ProtocolName);
            wire.Array(ref Members);
            if (wire.Version >= 3) { wire.Int32(ref AuthorizedOperations); }
        }
    }

    internal sealed class Member : IWireStruct
    {
        public string MemberId = string.Empty;
        public string? GroupInstanceId;
        public string ClientId = string.Empty;
        public string ClientHost = string.Empty;
        public ReadOnlyMemory<byte> Metadata;
        public ReadOnlyMemory<byte> Assignment;

        public void Visit(Wire wire)
        {
            wire.String(ref MemberId);
            if (wire.Version >= 4) { wire.NullableString(ref GroupInstanceId); }
            wire.String(ref ClientId);
            wire.String(ref ClientHost);
            wire.Bytes(ref Metadata);
            wire.Bytes(ref Assignment);
        }
    }
}

internal sealed class ListGroupsRequest : IWireStruct
{
    public List<string> StatesFilter = [];
    public List<string> TypesFilter = [];

    public void Visit(Wire wire)
    {
        if (wire.Version >= 4) { wire.StringArray(ref StatesFilter); }
        if (wire.Version >= 5) { wire.StringArray(ref TypesFilter); }
    }
}

internal sealed class ListGroupsResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public List<Group> Groups = [];

    public void Visit(Wire wire)
    {
        if (wire.Version >= 1) { wire.Int32(ref ThrottleTimeMs); }
        wire.Error(ref Error);
        wire.Array(ref Groups);
    }

    internal sealed class Group : IWireStruct
    {
        public string GroupId = string.Empty;
        public string ProtocolType = string.Empty;
        public string State = string.Empty;
        public string GroupType = "classic";

        public void Visit(Wire wire)
        {
            wire.String(ref GroupId);
            wire.String(ref ProtocolType);
            if (wire.Version >= 4) { wire.String(ref State); }
            if (wire.Version >= 5) { wire.String(ref GroupType); }
        }
    }
}

internal sealed class DeleteGroupsRequest : IWireStruct
{
    public List<string> Groups = [];

    public void Visit(Wire wire) => wire.StringArray(ref Groups);
}

internal sealed class DeleteGroupsResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public List<Group> Groups = [];

    public void Visit(Wire wire)
    {
        wire.Int32(ref ThrottleTimeMs);
        wire.Array(ref Groups);
    }

    internal sealed class Group : IWireStruct
    {
        public string GroupId = string.Empty;
        public ErrorCode Error;

        public void Visit(Wire wire)
        {
            wire.String(ref GroupId);
            wire.Error(ref Error);
        }
    }
}

internal sealed class OffsetDeleteRequest : IWireStruct
{
    public string GroupId = string.Empty;
    public List<TopicData> Topics = [];

    public void Visit(Wire wire)
    {
        wire.String(ref GroupId);
        wire.Array(ref Topics);
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

internal sealed class OffsetDeleteResponse : IWireStruct
{
    public ErrorCode Error;
    public int ThrottleTimeMs;
    public List<OffsetCommitResponse.TopicResult> Topics = [];

    public void Visit(Wire wire)
    {
        wire.Error(ref Error);
        wire.Int32(ref ThrottleTimeMs);
        wire.Array(ref Topics);
    }
}
