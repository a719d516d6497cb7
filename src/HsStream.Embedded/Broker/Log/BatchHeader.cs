using System.Buffers.Binary;

namespace HsStream.Embedded.Broker.Log;

/// <summary>The header of one record batch, copied out of its bytes.</summary>
/// <param name="Size">Bytes of the whole batch; what the header claims, not checked.</param>
internal readonly record struct BatchHeader(
    long BaseOffset,
    int Size,
    byte Magic,
    uint Crc,
    short Attributes,
    int LastOffsetDelta,
    long BaseTimestampMs,
    long MaxTimestampMs,
    long ProducerId,
    short ProducerEpoch,
    int BaseSequence,
    int RecordCount)
{
    public long LastOffset => BaseOffset + LastOffsetDelta;

    public long NextOffset => BaseOffset + LastOffsetDelta + 1;

    public int CodecId => Attributes & BatchLayout.CodecMask;

    public bool IsTransactional => (Attributes & BatchLayout.TransactionalBit) != 0;

    public bool IsControl => (Attributes & BatchLayout.ControlBit) != 0;

    public bool IsLogAppendTime => (Attributes & BatchLayout.LogAppendTimeBit) != 0;

    public bool HasProducer => ProducerId >= 0;

    /// <summary>Sequence of the last record; wraps from <see cref="int.MaxValue"/> to 0.</summary>
    public int LastSequence => BaseSequence < 0 ? -1 : AddSequence(BaseSequence, LastOffsetDelta);

    /// <param name="bytes">At least <see cref="BatchLayout.Records"/> bytes.</param>
    public static BatchHeader Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt64BigEndian(bytes[BatchLayout.BaseOffset..]),
        unchecked(BinaryPrimitives.ReadInt32BigEndian(bytes[BatchLayout.BatchLength..]) + BatchLayout.LengthOverhead),
        bytes[BatchLayout.Magic],
        BinaryPrimitives.ReadUInt32BigEndian(bytes[BatchLayout.Crc..]),
        BinaryPrimitives.ReadInt16BigEndian(bytes[BatchLayout.Attributes..]),
        BinaryPrimitives.ReadInt32BigEndian(bytes[BatchLayout.LastOffsetDelta..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[BatchLayout.BaseTimestamp..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[BatchLayout.MaxTimestamp..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[BatchLayout.ProducerId..]),
        BinaryPrimitives.ReadInt16BigEndian(bytes[BatchLayout.ProducerEpoch..]),
        BinaryPrimitives.ReadInt32BigEndian(bytes[BatchLayout.BaseSequence..]),
        BinaryPrimitives.ReadInt32BigEndian(bytes[BatchLayout.RecordCount..]));

    /// <summary>Whether bytes that are not checked yet begin with a transactional batch.</summary>
    public static bool IsTransactionalBatch(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= BatchLayout.Records && bytes[BatchLayout.Magic] == BatchLayout.CurrentMagic
            && (bytes[BatchLayout.Attributes + 1] & BatchLayout.TransactionalBit) != 0;

    public static int AddSequence(int sequence, int increment) =>
        sequence > int.MaxValue - increment ? increment - (int.MaxValue - sequence) - 1 : sequence + increment;
}
