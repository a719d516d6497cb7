using System.Buffers.Binary;

namespace HsStream.Embedded.Broker.Log;

/// <summary>The producer table as of one offset, as bytes of a side file.</summary>
internal static class ProducerSnapshot
{
    /// <summary>Kind of the side file.</summary>
    public const uint Kind = 0x31505348;

    private const int HeaderBytes = 32;
    private const int BatchBytes = 32;

    public static byte[] Save(ProducerStateTable table)
    {
        var size = 4;
        foreach (var state in table.All) { size += HeaderBytes + (state.Recent.Length * BatchBytes); }

        var bytes = new byte[size];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, table.Count);
        var rest = bytes.AsSpan(4);
        foreach (var state in table.All)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, state.ProducerId);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], state.TransactionFirstOffset);
            BinaryPrimitives.WriteInt64LittleEndian(rest[16..], state.LastUsedMs);
            BinaryPrimitives.WriteInt16LittleEndian(rest[24..], state.Epoch);
            BinaryPrimitives.WriteInt32LittleEndian(rest[28..], state.Recent.Length);
            rest = rest[HeaderBytes..];
            foreach (var batch in state.Recent)
            {
                BinaryPrimitives.WriteInt32LittleEndian(rest, batch.FirstSequence);
                BinaryPrimitives.WriteInt32LittleEndian(rest[4..], batch.LastSequence);
                BinaryPrimitives.WriteInt64LittleEndian(rest[8..], batch.BaseOffset);
                BinaryPrimitives.WriteInt64LittleEndian(rest[16..], batch.LastOffset);
                BinaryPrimitives.WriteInt64LittleEndian(rest[24..], batch.TimestampMs);
                rest = rest[BatchBytes..];
            }
        }

        return bytes;
    }

    /// <param name="bytes">What <see cref="Save"/> returned; the side file has checked that.</param>
    public static ProducerStateTable Load(ReadOnlySpan<byte> bytes)
    {
        var table = new ProducerStateTable();
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        var rest = bytes[4..];
        for (var i = 0; i < count; i++)
        {
            var state = new ProducerState(BinaryPrimitives.ReadInt64LittleEndian(rest))
            {
                TransactionFirstOffset = BinaryPrimitives.ReadInt64LittleEndian(rest[8..]),
                LastUsedMs = BinaryPrimitives.ReadInt64LittleEndian(rest[16..]),
            };
            state.Raise(BinaryPrimitives.ReadInt16LittleEndian(rest[24..]));
            var batches = BinaryPrimitives.ReadInt32LittleEndian(rest[28..]);
            rest = rest[HeaderBytes..];
            for (var b = 0; b < batches; b++)
            {
                state.Add(new ProducerBatch(
                    BinaryPrimitives.ReadInt32LittleEndian(rest),
                    BinaryPrimitives.ReadInt32LittleEndian(rest[4..]),
                    BinaryPrimitives.ReadInt64LittleEndian(rest[8..]),
                    BinaryPrimitives.ReadInt64LittleEndian(rest[16..]),
                    BinaryPrimitives.ReadInt64LittleEndian(rest[24..])));
                rest = rest[BatchBytes..];
            }

            table.Restore(state);
        }

        foreach (var state in table.All.Where(state => state.TransactionFirstOffset >= 0).OrderBy(state => state.TransactionFirstOffset))
        {
            table.Transactions.Begin(state.ProducerId, state.TransactionFirstOffset);
        }

        return table;
    }
}
