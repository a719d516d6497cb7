using System.Buffers.Binary;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

public sealed class BatchValidationTests
{
    private delegate void Change(Span<byte> batch);

    [Fact]
    public void A_sound_batch_with_any_leader_epoch_is_stored_with_epoch_0()
    {
        using var fixture = new LogFixture();
        var batch = fixture.Batch("a");
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.LeaderEpoch), 77);
        Assert.Equal(ErrorCode.None, fixture.Log.Append(batch, 9, null).Error);
        fixture.Manager.FlushOnce();
        Assert.Equal(0, BinaryPrimitives.ReadInt32BigEndian(Consumer.Bytes(fixture.Log.Read(0, 1000, 0, true).Records).AsSpan(BatchLayout.LeaderEpoch)));
    }

    [Fact]
    public void Bytes_that_are_not_exactly_one_batch_are_refused()
    {
        using var fixture = new LogFixture();
        var batch = fixture.Batch("a");
        Expect(fixture, ErrorCode.InvalidRecord, []);
        Expect(fixture, ErrorCode.InvalidRecord, batch[..16]);
        Expect(fixture, ErrorCode.InvalidRecord, batch[..^1]);
        Expect(fixture, ErrorCode.InvalidRecord, [.. batch, .. batch]);
        Expect(fixture, ErrorCode.CorruptMessage, [.. batch, .. new byte[17]]);
        Expect(fixture, ErrorCode.CorruptMessage, Changed(batch, b => BinaryPrimitives.WriteInt32BigEndian(b[8..], 13), renew: false));

        // A whole batch that is shorter than a header.
        Expect(fixture, ErrorCode.CorruptMessage, Changed(batch[..40], b => BinaryPrimitives.WriteInt32BigEndian(b[8..], 28), renew: false));
        Assert.Equal(0, fixture.Log.LogEndOffset);

        // Kafka drops an incomplete second batch, and so do we.
        Assert.Equal(ErrorCode.None, fixture.Log.Append((byte[])[.. batch, .. batch[..30]], 9, null).Error);
        Assert.Equal(batch.Length, fixture.Log.SizeInBytes);
    }

    [Fact]
    public void Each_field_that_must_not_be_is_refused_with_Kafkas_error()
    {
        using var fixture = new LogFixture();
        var batch = fixture.Batch(7, 0, 0, false, "a", "b");
        Expect(fixture, ErrorCode.CorruptMessage, Changed(batch, b => b[16] = 3, renew: false));
        Expect(fixture, ErrorCode.InvalidRecord, Changed(batch, b => b[16] = 1, renew: false));
        Expect(fixture, ErrorCode.CorruptMessage, Changed(batch, b => b[^1] ^= 1, renew: false));
        Expect(fixture, ErrorCode.InvalidRecord, Changed(batch, b => b[7] = 1));
        Expect(fixture, ErrorCode.InvalidRecord, Changed(batch, b => BinaryPrimitives.WriteInt32BigEndian(b[BatchLayout.RecordCount..], 0)));
        Expect(fixture, ErrorCode.InvalidRecord, Changed(batch, b => BinaryPrimitives.WriteInt32BigEndian(b[BatchLayout.RecordCount..], 3)));
        Expect(fixture, ErrorCode.InvalidRecord, Changed(batch, b => BinaryPrimitives.WriteInt32BigEndian(b[BatchLayout.LastOffsetDelta..], 4)));
        Expect(fixture, ErrorCode.InvalidRecord, Changed(batch, b => b[22] |= 0x20));
        Expect(fixture, ErrorCode.InvalidRecord, Changed(batch, b => BinaryPrimitives.WriteInt32BigEndian(b[BatchLayout.BaseSequence..], -1)));
        Expect(fixture, ErrorCode.UnsupportedCompressionType, Changed(batch, b => b[22] |= 5));
        Expect(fixture, ErrorCode.UnsupportedCompressionType, Changed(batch, b => b[22] |= 4), version: 6);
        Assert.Equal(0, fixture.Log.LogEndOffset);
    }

    [Fact]
    public void A_batch_above_the_topics_limit_is_too_large_before_its_checksum_is_looked_at()
    {
        using var fixture = new LogFixture(configs: ("max.message.bytes", "100"));
        Expect(fixture, ErrorCode.MessageTooLarge, Changed(fixture.Batch(new string('x', 200)), b => b[^1] ^= 1, renew: false));
        Assert.Equal(ErrorCode.None, fixture.Append("x").Error);
    }

    [Fact]
    public void A_batch_above_the_segment_size_is_too_large_for_the_log()
    {
        using var fixture = new LogFixture(configs: ("internal.segment.bytes", "200"));
        Expect(fixture, ErrorCode.RecordListTooLarge, fixture.Batch(new string('x', 200)));
    }

    [Fact]
    public void A_compacted_topic_names_the_records_without_a_key()
    {
        using var fixture = new LogFixture(configs: ("cleanup.policy", "compact"));
        ReadOnlyMemory<byte> text = "x"u8.ToArray();
        var refused = fixture.Log.Append(RecordBatchBuilder.Build([(text, text), (null, text), (text, null), (null, null)], fixture.NowMs), 9, null);
        Assert.Equal(ErrorCode.InvalidRecord, refused.Error);
        Assert.Equal([1, 3], refused.RecordErrors!.Select(error => error.Index));
        Assert.Equal(ErrorCode.None, fixture.Log.Append(RecordBatchBuilder.Build([(text, null)], fixture.NowMs), 9, null).Error);
    }

    [Fact]
    public void Timestamps_beyond_the_topics_bounds_are_named_and_others_are_taken()
    {
        using var fixture = new LogFixture(configs: [("message.timestamp.after.max.ms", "1000"), ("message.timestamp.before.max.ms", "5000")]);
        var late = RecordBatchBuilder.Build(
            new BatchSpec(), [new LogRecord(0, fixture.NowMs, null, null), new LogRecord(1, fixture.NowMs + 1001, null, null), new LogRecord(2, fixture.NowMs - 5001, null, null)]);
        var refused = fixture.Log.Append(late, 9, null);
        Assert.Equal(ErrorCode.InvalidTimestamp, refused.Error);
        Assert.Equal([1, 2], refused.RecordErrors!.Select(error => error.Index));
        var early = RecordBatchBuilder.Build(
            new BatchSpec(), [new LogRecord(0, fixture.NowMs + 1000, null, null), new LogRecord(1, fixture.NowMs - 5000, null, null), new LogRecord(2, -1, null, null)]);
        Assert.Equal(ErrorCode.None, fixture.Log.Append(early, 9, null).Error);
    }

    [Fact]
    public void A_topic_that_stamps_on_append_renews_time_and_checksum()
    {
        using var fixture = new LogFixture(configs: ("message.timestamp.type", "LogAppendTime"));
        var batch = RecordBatchBuilder.Build([(null, null)], timestampMs: 5);
        Assert.Equal(fixture.NowMs, fixture.Log.Append(batch, 9, null).LogAppendTime);
        fixture.Manager.FlushOnce();
        var stored = Consumer.Bytes(fixture.Log.Read(0, 1000, 0, true).Records);
        Assert.Equal(fixture.NowMs, Assert.Single(RecordReader.Read(stored)).TimestampMs);
        Assert.Equal(BatchHeader.Read(stored).Crc, Crc32C.Compute(stored.AsSpan(BatchLayout.Attributes)));

        // And a producer may not pretend to have stamped.
        Expect(fixture, ErrorCode.InvalidTimestamp, Changed(fixture.Batch("a"), b => b[22] |= (byte)BatchLayout.LogAppendTimeBit));
    }

    [Fact]
    public void On_other_topics_the_stamp_of_a_producer_is_taken_off()
    {
        using var fixture = new LogFixture();
        Assert.Equal(ErrorCode.None, fixture.Log.Append(Changed(fixture.Batch("a"), b => b[22] |= (byte)BatchLayout.LogAppendTimeBit), 9, null).Error);
        fixture.Manager.FlushOnce();
        var stored = Consumer.Bytes(fixture.Log.Read(0, 1000, 0, true).Records);
        Assert.False(BatchHeader.Read(stored).IsLogAppendTime);
        Assert.Equal(BatchHeader.Read(stored).Crc, Crc32C.Compute(stored.AsSpan(BatchLayout.Attributes)));
    }

    private static byte[] Changed(byte[] batch, Change change, bool renew = true)
    {
        var changed = batch.ToArray();
        change(changed);
        if (renew) { BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(BatchLayout.Crc), Crc32C.Compute(changed.AsSpan(BatchLayout.Attributes))); }

        return changed;
    }

    private static void Expect(LogFixture fixture, ErrorCode error, byte[] bytes, short version = 9)
    {
        var result = fixture.Log.Append(bytes.ToArray(), version, null);
        Assert.True(result.Error == error, $"Expected {error}, got {result.Error}: {result.Message}");
        Assert.Equal(-1, result.BaseOffset);
    }
}
