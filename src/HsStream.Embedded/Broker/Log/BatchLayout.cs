namespace HsStream.Embedded.Broker.Log;

/// <summary>Where the fields of a version 2 record batch lie, and its attribute bits; all numbers are big-endian.</summary>
internal static class BatchLayout
{
    public const int BaseOffset = 0;
    public const int BatchLength = 8;
    public const int LeaderEpoch = 12;
    public const int Magic = 16;
    public const int Crc = 17;
    public const int Attributes = 21;
    public const int LastOffsetDelta = 23;
    public const int BaseTimestamp = 27;
    public const int MaxTimestamp = 35;
    public const int ProducerId = 43;
    public const int ProducerEpoch = 51;
    public const int BaseSequence = 53;
    public const int RecordCount = 57;

    /// <summary>Size of the header; the records follow, compressed or not.</summary>
    public const int Records = 61;

    /// <summary>Bytes that the batch length field does not count.</summary>
    public const int LengthOverhead = 12;

    public const byte CurrentMagic = 2;

    public const short CodecMask = 0x07;
    public const short LogAppendTimeBit = 0x08;
    public const short TransactionalBit = 0x10;
    public const short ControlBit = 0x20;

    /// <summary>The base timestamp is the moment from which tombstones and markers of the batch may go (KIP-534).</summary>
    public const short DeleteHorizonBit = 0x40;
}
