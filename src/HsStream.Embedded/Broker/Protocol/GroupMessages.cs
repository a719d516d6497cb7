namespace HsStream.Embedded.Broker.Protocol;

internal sealed class JoinGroupRequest : IWireStruct
{
    public string GroupId = string.Empty;
    public int SessionTimeoutMs;

    /// <summary>-1 before version 1, where the session timeout stands for it.</summary>
    public int RebalanceTimeoutMs = -1;
    public string MemberId = string.Empty;
    public string? GroupInstanceId;
    public string ProtocolType = string.Empty;
    public List<Protocol> Protocols = [];
    public string? Reason;

    public void Visit(Wire wire)
    {
        wire.String(ref GroupId);
        wire.Int32(ref SessionTimeoutMs);
        if (wire.Version >= 1) { wire.Int32(ref RebalanceTimeoutMs); }
        wire.String(ref MemberId);
        if (wire.Version >= 5) { wire.NullableString(ref GroupInstanceId); }
        wire.String(ref ProtocolType);
        wire.Array(ref Protocols);
        if (wire.Version >= 8) { wire.NullableString(ref Reason); }
    }

    internal sealed class Protocol : IWireStruct
    {
        public string Name = string.Empty;
        public ReadOnlyMemory<byte> Metadata;

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.Bytes(ref Metadata);
        }
    }
}

internal sealed class JoinGroupResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public int GenerationId = -1;
    public string? ProtocolType;

    /// <summary>Null only from version 7 on; older versions get an empty name.</summary>
    public string? ProtocolName;
    public string Leader = string.Empty;
    public bool SkipAssignment;
    public string MemberId = string.Empty;
    public List<Member> Members = [];

    public void Visit(Wire wire)
    {
        if (wire.Version >= 2) { wire.Int32(ref ThrottleTimeMs); }
        wire.Error(ref Error);
        wire.Int32(ref GenerationId);
        if (wire.Version >= 7) { wire.NullableString(ref ProtocolType); } else { ProtocolName ??= string.Empty; }
        wire.NullableString(ref ProtocolName);
        wire.String(ref Leader);
        if (wire.Version >= 9) { wire.Bool(ref SkipAssignment); }
        wire.String(ref MemberId);
        wire.Array(ref Members);
    }

    internal sealed class Member : IWireStruct
    {
        public string MemberId = string.Empty;
        public string? GroupInstanceId;
        public ReadOnlyMemory<byte> Metadata;

        public void Visit(Wire wire)
        {
            wire.String(ref MemberId);
            if (wire.Version >= 5) { wire.NullableString(ref GroupInstanceId); }
            wire.Bytes(ref Metadata);
        }
    }
}

internal sealed class SyncGroupRequest : IWireStruct
{
    public string GroupId = string.Empty;
    public int GenerationId;
    public string MemberId = string.Empty;
    public string? GroupInstanceId;
    public string? ProtocolType;
    public string? ProtocolName;
    public List<Assignment> Assignments = [];

    public void Visit(Wire wire)
    {
        wire.String(ref GroupId);
        wire.Int32(ref GenerationId);
        wire.String(ref MemberId);
        if (wire.Version >= 3) { wire.NullableString(ref GroupInstanceId); }
        if (wire.Version >= 5)
        {
            wire.NullableString(ref ProtocolType);
            wire.NullableString(ref ProtocolName);
        }

        wire.Array(ref Assignments);
    }

    internal sealed class Assignment : IWireStruct
    {
        public string MemberId = string.Empty;
        public ReadOnlyMemory<byte> Bytes;

        public void Visit(Wire wire)
        {
            wire.String(ref MemberId);
            wire.Bytes(ref Bytes);
        }
    }
}

internal sealed class SyncGroupResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public string? ProtocolType;
    public string? ProtocolName;
    public ReadOnlyMemory<byte> Assignment;

    public void Visit(Wire wire)
    {
        if (wire.Version >= 1) { wire.Int32(ref ThrottleTimeMs); }
        wire.Error(ref Error);
        if (wire.Version >= 5)
        {
            wire.NullableString(ref ProtocolType);
            wire.NullableString(ref ProtocolName);
        }

        wire.Bytes(ref Assignment);
    }
}

internal sealed class HeartbeatRequest : IWireStruct
{
    public string GroupId = string.Empty;
    public int GenerationId;
    public string MemberId = string.Empty;
    public string? GroupInstanceId;

    public void Visit(Wire wire)
    {
        wire.String(ref GroupId);
        wire.Int32(ref GenerationId);
        wire.String(ref MemberId);
        if (wire.Version >= 3) { wire.NullableString(ref GroupInstanceId); }
    }
}

internal sealed class HeartbeatResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public ErrorCode Error;

    public void Visit(Wire wire)
    {
        if (wire.Version >= 1) { wire.Int32(ref ThrottleTimeMs); }
        wire.Error(ref Error);
    }
}

internal sealed class LeaveGroupRequest : IWireStruct
{
    public string GroupId = string.Empty;

    /// <summary>Versions 0 to 2; later ones name the leavers in <see cref="Members"/>.</summary>
    public string MemberId = string.Empty;
    public List<Member> Members = [];

    public void Visit(Wire wire)
    {
        wire.String(ref GroupId);
        if (wire.Version <= 2) { wire.String(ref MemberId); } else { wire.Array(ref Members); }
    }

    internal sealed class Member : IWireStruct
    {
        public string MemberId = string.Empty;
        public string? GroupInstanceId;
        public string? Reason;

        public void Visit(Wire wire)
        {
            wire.String(ref MemberId);
            wire.NullableString(ref GroupInstanceId);
            if (wire.Version >= 5) { wire.NullableString(ref Reason); }
        }
    }
}

internal sealed class LeaveGroupResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public List<Member> Members = [];

    public void Visit(Wire wire)
    {
        if (wire.Version >= 1) { wire.Int32(ref ThrottleTimeMs); }
        wire.Error(ref Error);
        if (wire.Version >= 3) { wire.Array(ref Members); }
    }

    internal sealed class Member : IWireStruct
    {
        public string MemberId = string.Empty;
        public string? GroupInstanceId;
        public ErrorCode Error;

        public void Visit(Wire wire)
        {
            wire.String(ref MemberId);
            wire.NullableString(ref GroupInstanceId);
            wire.Error(ref Error);
        }
    }
}
