using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>Key of __transaction_state, version 0.</summary>
internal sealed class TransactionLogKey : IWireStruct
{
    public const short Written = 0;

    public string TransactionalId = string.Empty;

    public void Visit(Wire wire) => wire.String(ref TransactionalId);
}

/// <summary>The whole state of one transactional id, versions 0 and 1 (written: 0).</summary>
internal sealed class TransactionLogValue : IWireStruct
{
    public const short Written = 0;
    public const short Highest = 1;
    public const short FirstFlexible = 1;

    public long ProducerId;
    public short ProducerEpoch;
    public int TimeoutMs;
    public sbyte State;

    /// <summary>Null while <see cref="TransactionState.Empty"/>.</summary>
    public List<TopicData>? Partitions;
    public long LastUpdateMs;
    public long StartMs = -1;

    public void Visit(Wire wire)
    {
        wire.Int64(ref ProducerId);
        wire.Int16(ref ProducerEpoch);
        wire.Int32(ref TimeoutMs);
        wire.Int8(ref State);
        wire.NullableArray(ref Partitions);
        wire.Int64(ref LastUpdateMs);
        wire.Int64(ref StartMs);
    }

    internal sealed class TopicData : IWireStruct
    {
        public string Topic = string.Empty;
        public List<int> Partitions = [];

        public void Visit(Wire wire)
        {
            wire.String(ref Topic);
            wire.Int32Array(ref Partitions);
        }
    }
}
