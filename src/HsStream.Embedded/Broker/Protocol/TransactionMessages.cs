namespace HsStream.Embedded.Broker.Protocol;

internal sealed class InitProducerIdRequest : IWireStruct
{
    public string? TransactionalId;
    public int TransactionTimeoutMs;

    /// <summary>-1, or the id the client already had (KIP-360).</summary>
    public long ProducerId = -1;
    public short ProducerEpoch = -1;

    public void Visit(Wire wire)
    {
        wire.NullableString(ref TransactionalId);
        wire.Int32(ref TransactionTimeoutMs);
        if (wire.Version >= 3)
        {
            wire.Int64(ref ProducerId);
            wire.Int16(ref ProducerEpoch);
        }
    }
}

internal sealed class InitProducerIdResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public long ProducerId = -1;
    public short ProducerEpoch = -1;

    public void Visit(Wire wire)
    {
        wire.Int32(ref ThrottleTimeMs);
        wire.Error(ref Error);
        wire.Int64(ref ProducerId);
        wire.Int16(ref ProducerEpoch);
    }
}

internal sealed class AddPartitionsToTxnRequest : IWireStruct
{
    public string TransactionalId = string.Empty;
    public long ProducerId;
    public short ProducerEpoch;
    public List<TopicData> Topics = [];

    public void Visit(Wire wire)
    {
        wire.String(ref TransactionalId);
        wire.Int64(ref ProducerId);
        wire.Int16(ref ProducerEpoch);
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

internal sealed class AddPartitionsToTxnResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public List<OffsetCommitResponse.TopicResult> Topics = [];

    public void Visit(Wire wire)
    {
        wire.Int32(ref ThrottleTimeMs);
        wire.Array(ref Topics);
    }
}

internal sealed class AddOffsetsToTxnRequest : IWireStruct
{
    public string TransactionalId = string.Empty;
    public long ProducerId;
    public short ProducerEpoch;
    public string GroupId = string.Empty;

    public void Visit(Wire wire)
    {
        wire.String(ref TransactionalId);
        wire.Int64(ref ProducerId);
        wire.Int16(ref ProducerEpoch);
        wire.String(ref GroupId);
    }
}

internal sealed class EndTxnRequest : IWireStruct
{
    public string TransactionalId = string.Empty;
    public long ProducerId;
    public short ProducerEpoch;
    public bool Committed;

    public void Visit(Wire wire)
    {
        wire.String(ref TransactionalId);
        wire.Int64(ref ProducerId);
        wire.Int16(ref ProducerEpoch);
        wire.Bool(ref Committed);
    }
}

/// <summary>Answer of AddOffsetsToTxn and EndTxn.</summary>
internal sealed class TxnResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public ErrorCode Error;

    public void Visit(Wire wire)
    {
        wire.Int32(ref ThrottleTimeMs);
        wire.Error(ref Error);
    }
}

internal sealed class ListTransactionsRequest : IWireStruct
{
    public List<string> StateFilters = [];
    public List<long> ProducerIdFilters = [];
    public long DurationFilterMs = -1;

    public void Visit(Wire wire)
    {
        wire.StringArray(ref StateFilters);
        wire.Int64Array(ref ProducerIdFilters);
        if (wire.Version >= 1) { wire.Int64(ref DurationFilterMs); }
    }
}

internal sealed class ListTransactionsResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public List<string> UnknownStateFilters = [];
    public List<TransactionState> States = [];

    public void Visit(Wire wire)
    {
        wire.Int32(ref ThrottleTimeMs);
        wire.Error(ref Error);
        wire.StringArray(ref UnknownStateFilters);
        wire.Array(ref States);
    }

    internal sealed class TransactionState : IWireStruct
    {
        public string TransactionalId = string.Empty;
        public long ProducerId;
        public string State = string.Empty;

        public void Visit(Wire wire)
        {
            wire.String(ref TransactionalId);
            wire.Int64(ref ProducerId);
            wire.String(ref State);
        }
    }
}

internal sealed class DescribeTransactionsRequest : IWireStruct
{
    public List<string> TransactionalIds = [];

    public void Visit(Wire wire) => wire.StringArray(ref TransactionalIds);
}

internal sealed class DescribeTransactionsResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public List<TransactionState> States = [];

    public void Visit(Wire wire)
    {
        wire.Int32(ref ThrottleTimeMs);
        wire.Array(ref States);
    }

    internal sealed class TransactionState : IWireStruct
    {
        public ErrorCode Error;
        public string TransactionalId = string.Empty;
        public string State = string.Empty;
        public int TimeoutMs;

        /// <summary>Milliseconds since 1970; -1 when no transaction is open.</summary>
        public long StartTimeMs = -1;
        public long ProducerId = -1;
        public short ProducerEpoch = -1;
        public List<AddPartitionsToTxnRequest.TopicData> Topics = [];

        public void Visit(Wire wire)
        {
            wire.Error(ref Error);
            wire.String(ref TransactionalId);
            wire.String(ref State);
            wire.Int32(ref TimeoutMs);
            wire.Int64(ref StartTimeMs);
            wire.Int64(ref ProducerId);
            wire.Int16(ref ProducerEpoch);
            wire.Array(ref Topics);
        }
    }
}
