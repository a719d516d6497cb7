using Confluent.Kafka;
using CsCheck;
using HsStream.Domain.Messages;
using HsStream.Streaming.Feeding;
using HsStream.Streaming.Processing;
using Xunit;

namespace HsStream.UnitTests.Streaming;

/// <summary>The buffer against a plain list.</summary>
public sealed class RecordBufferTests
{
    [Fact]
    public void It_gives_back_what_was_added_in_order_and_knows_when_it_is_full() => Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[1, 4]).Array[0, 60].Sample(
        steps =>
        {
            using var buffer = new RecordBuffer(8, 1_000, () => { });
            var model = new List<InputRecord>();
            var (epoch, isClosed, offset) = (0L, false, 0L);
            foreach (var (step, partition, count) in steps)
            {
                switch (step)
                {
                    case 0 or 1:
                        var record = new InputRecord(new RecordPosition("t", partition, offset++), null, new byte[count * 40], null, DateTimeOffset.UnixEpoch);
                        buffer.Add(record);
                        if (!isClosed) { model.Add(record); }
                        break;
                    case 2:
                        Assert.Equal(model.Take(count), buffer.Take(count).Records);
                        model.RemoveRange(0, Math.Min(count, model.Count));
                        break;
                    case 3:
                        buffer.Drop([new TopicPartition("t", partition)]);
                        model.RemoveAll(one => one.Position.Partition == partition);
                        break;
                    case 4:
                        buffer.Invalidate();
                        (epoch, isClosed) = (epoch + 1, true);
                        model.Clear();
                        break;
                    default:
                        buffer.Reopen();
                        isClosed = false;
                        break;
                }

                Assert.Equal((model.Count, epoch, isClosed), (buffer.Count, buffer.Epoch, buffer.IsClosed));
                Assert.Equal(model.Count >= 8 || model.Sum(one => one.Bytes) >= 1_000, buffer.IsFull);
                Assert.Equal(!buffer.IsFull, buffer.WaitForRoom(TimeSpan.Zero));
            }
        },
        iter: 2_000);
}
