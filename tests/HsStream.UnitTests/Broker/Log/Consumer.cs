using System.Text;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

/// <summary>Reads a log as a client does: fetch after fetch, markers dropped, aborted transactions skipped.</summary>
internal static class Consumer
{
    public static List<(long Offset, string Value)> ReadAll(PartitionLog log, long offset, IsolationLevel isolation, int maxBytes)
    {
        var values = new List<(long, string)>();
        while (true)
        {
            var fetched = log.Read(offset, maxBytes, isolation, atLeastOne: true);
            Assert.Equal(ErrorCode.None, fetched.Error);
            Assert.True(fetched.LastStableOffset <= fetched.HighWatermark && fetched.LogStartOffset <= fetched.HighWatermark);
            var bytes = Bytes(fetched.Records);
            if (bytes.Length == 0) { return values; }

            offset = Take(bytes, offset, fetched.Aborted, values);
        }
    }

    public static byte[] Bytes(RecordSet records)
    {
        using (records)
        {
            var bytes = new byte[records.Length];
            records.CopyTo(bytes);
            return bytes;
        }
    }

    private static long Take(byte[] bytes, long offset, IReadOnlyList<AbortedTransaction>? aborted, List<(long, string)> values)
    {
        var pending = new Queue<AbortedTransaction>(aborted ?? []);
        var aborting = new HashSet<long>();
        for (ReadOnlyMemory<byte> rest = bytes; rest.Length > 0;)
        {
            var header = BatchHeader.Read(rest.Span);
            Assert.True(header.Size <= rest.Length, "A fetch holds whole batches only.");
            Assert.Equal(header.Crc, Crc32C.Compute(rest.Span[BatchLayout.Attributes..header.Size]));
            while (pending.TryPeek(out var next) && next.FirstOffset <= header.LastOffset) { aborting.Add(pending.Dequeue().ProducerId); }

            if (header.IsControl)
            {
                aborting.Remove(header.ProducerId);
            }
            else if (!(header.IsTransactional && aborting.Contains(header.ProducerId)))
            {
                values.AddRange(RecordReader.Read(rest[..header.Size])
                    .Where(record => record.Offset >= offset)
                    .Select(record => (record.Offset, Encoding.UTF8.GetString(record.Value!.Value.Span))));
            }

            Assert.True(header.LastOffset >= offset, "A fetch begins with the batch that holds the offset.");
            offset = header.NextOffset;
            rest = rest[header.Size..];
        }

        return offset;
    }
}
