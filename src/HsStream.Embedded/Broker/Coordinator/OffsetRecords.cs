using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>Key of a committed offset in __consumer_offsets, versions 0 and 1 (written: 1).</summary>
internal sealed class OffsetCommitKey : IWireStruct
{
    public const short Written = 1;

    public string Group = string.Empty;
    public string Topic = string.Empty;
    public int Partition;

    public void Visit(Wire wire)
    {
        wire.String(ref Group);
        wire.String(ref Topic);
        wire.Int32(ref Partition);
    }
}

/// <summary>A committed offset, versions 0 to 4 (written: 3, or 1 when the client chose the retention).</summary>
internal sealed class OffsetCommitValue : IWireStruct
{
    public const short Written = 3;
    public const short WrittenWithExpiry = 1;
    public const short Highest = 4;
    public const short FirstFlexible = 4;

    public long Offset;
    public int LeaderEpoch = -1;
    public string Metadata = string.Empty;
    public long CommitTimestampMs;
    public long ExpireTimestampMs = -1;

    public void Visit(Wire wire)
    {
        wire.Int64(ref Offset);
        if (wire.Version >= 3) { wire.Int32(ref LeaderEpoch); }
        wire.String(ref Metadata);
        wire.Int64(ref CommitTimestampMs);
        if (wire.Version == 1) { wire.Int64(ref ExpireTimestampMs); }
    }
}

/// <summary>Key of a group in __consumer_offsets, version 2; later versions belong to the newer group protocols.</summary>
internal sealed class GroupMetadataKey : IWireStruct
{
    public const short Written = 2;

    public string Group = string.Empty;

    public void Visit(Wire wire) => wire.String(ref Group);
}

/// <summary>A group's generation with its members and what each was assigned, versions 0 to 4 (written: 3).</summary>
internal sealed class GroupMetadataValue : IWireStruct
{
    public const short Written = 3;
    public const short Highest = 4;
    public const short FirstFlexible = 4;

    public string ProtocolType = string.Empty;
    public int Generation;
    public string? Protocol;
    public string? Leader;
    public long StateTimestampMs = -1;
    public List<Member> Members = [];

    public void Visit(Wire wire)
    {
        wire.String(ref ProtocolType);
        wire.Int32(ref Generation);
        wire.NullableString(ref Protocol);
        wire.NullableString(ref Leader);
        if (wire.Version >= 2) { wire.Int64(ref StateTimestampMs); }
        wire.Array(ref Members);
    }

    internal sealed class Member : IWireStruct
    {
        public string MemberId = string.Empty;
        public string? InstanceId;
        public string ClientId = string.Empty;
        public string ClientHost = string.Empty;

        /// <summary>-1 before version 1, where the session timeout stands for it.</summary>
        public int RebalanceTimeoutMs = -1;
        public int SessionTimeoutMs;
        public ReadOnlyMemory<byte> Subscription;
        public ReadOnlyMemory<byte> Assignment;

        public void Visit(Wire wire)
        {
            wire.String(ref MemberId);
            if (wire.Version >= 3) { wire.NullableString(ref InstanceId); }
            wire.String(ref ClientId);
            wire.String(ref ClientHost);
            if (wire.Version >= 1) { wire.Int32(ref RebalanceTimeoutMs); }
            wire.Int32(ref SessionTimeoutMs);
            wire.Bytes(ref Subscription);
            wire.Bytes(ref Assignment);
        }
    }
}
