using CsCheck;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Protocol;

public sealed class WireWriterTests
{
    [Fact]
    public void A_message_taken_in_pieces_is_the_message_written_at_once() =>
        Gen.Select(Gen.Byte.Array[0, 300].List[0, 6], Gen.Int[0, 200], Gen.Int[1, 90]).Sample((sets, inlineLimit, pieceBytes) =>
        {
            using var whole = Write(sets, int.MaxValue);
            using var parts = Write(sets, inlineLimit);
            var taken = new List<byte>();
            var piece = new byte[pieceBytes];
            while (parts.Fill(piece) is var count and > 0) { taken.AddRange(piece.AsSpan(0, count)); }
            Assert.Equal(whole.Written.ToArray(), taken);
            Assert.Equal(whole.Written.Length, parts.TotalLength);
            Assert.True(parts.Written.Length <= Math.Max(inlineLimit, 0) + (200 * (sets.Count + 1)), "Expected large record sets to stay out of the buffer.");
        });

    private static WireWriter Write(List<byte[]> sets, int inlineLimit)
    {
        var api = ApiTable.Get(ApiKey.Fetch);
        var topic = new FetchResponse.TopicResult { Name = "t" };
        topic.Partitions.AddRange(sets.Select((bytes, index) => new FetchResponse.PartitionResult { Partition = index, Records = new MemoryRecords(bytes) }));
        var writer = new WireWriter(16, inlineLimit);
        Frame.WriteResponse(writer, api, 12, 7, new FetchResponse { Topics = [topic] });
        return writer;
    }
}
