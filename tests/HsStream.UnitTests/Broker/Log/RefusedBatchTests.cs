using HsStream.Embedded.Broker;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

/// <summary>How the refusal of a batch is told; each of these was compared with Apache Kafka's own validation.</summary>
public sealed class RefusedBatchTests
{
    [Theory]
    [InlineData(10, (short)ErrorCode.TransactionAbortable, (short)ErrorCode.InvalidTxnState)]
    [InlineData(11, (short)ErrorCode.TransactionAbortable, (short)ErrorCode.TransactionAbortable)]
    [InlineData(10, (short)ErrorCode.InvalidProducerIdMapping, (short)ErrorCode.InvalidProducerIdMapping)]
    [InlineData(11, (short)ErrorCode.InvalidProducerEpoch, (short)ErrorCode.InvalidProducerEpoch)]
    public void Only_newer_clients_hear_that_a_transaction_can_be_aborted(short version, short verdict, short told)
    {
        using var fixture = new LogFixture();
        var result = fixture.Log.Append(fixture.Batch(7, 0, 0, transactional: true, "a"), version, new Gate((ErrorCode)verdict));
        Assert.Equal(((ErrorCode)told, -1L, -1L), (result.Error, result.BaseOffset, result.LogStartOffset));
    }

    [Fact]
    public void A_producer_that_may_not_write_hears_of_that_before_its_batch_is_judged()
    {
        using var fixture = new LogFixture();
        var damaged = fixture.Batch(7, 0, 0, transactional: true, "a");
        damaged[^1] ^= 1;
        Assert.Equal(ErrorCode.InvalidTxnState, fixture.Log.Append(damaged, 10, new Gate(ErrorCode.TransactionAbortable)).Error);
        Assert.Equal(ErrorCode.CorruptMessage, fixture.Log.Append(damaged, 10, new Gate(ErrorCode.None)).Error);
    }

    [Fact]
    public void The_start_of_the_log_comes_with_what_the_log_refuses_and_not_with_size_or_damage()
    {
        using var fixture = new LogFixture(configs: [("max.message.bytes", "200")]);
        Assert.Equal(ErrorCode.None, fixture.Log.Append(fixture.Batch(7, 0, 0, transactional: false, "a"), 10, null).Error);
        Assert.Equal((ErrorCode.OutOfOrderSequenceNumber, 0L), Refusal(fixture.Batch(7, 0, 5, transactional: false, "a")));

        var shifted = fixture.Batch("a");
        shifted[7] = 1;
        Assert.Equal((ErrorCode.InvalidRecord, 0L), Refusal(shifted));
        Assert.Equal((ErrorCode.InvalidRecord, -1L), Refusal([]));
        Assert.Equal((ErrorCode.MessageTooLarge, -1L), Refusal(fixture.Batch(new string('a', 300))));

        (ErrorCode, long) Refusal(byte[] batch)
        {
            var result = fixture.Log.Append(batch, 10, null);
            return (result.Error, result.LogStartOffset);
        }
    }

    [Fact]
    public void Transactional_bytes_are_recognised_before_they_are_checked()
    {
        using var fixture = new LogFixture();
        Assert.True(BatchHeader.IsTransactionalBatch(fixture.Batch(7, 0, 0, transactional: true, "a")));
        Assert.False(BatchHeader.IsTransactionalBatch(fixture.Batch(7, 0, 0, transactional: false, "a")));
        Assert.False(BatchHeader.IsTransactionalBatch(fixture.Batch(7, 0, 0, transactional: true, "a").AsSpan(0, 40)));
        Assert.False(BatchHeader.IsTransactionalBatch([]));
    }

    private sealed class Gate(ErrorCode verdict) : ITransactionGate
    {
        public ErrorCode Check(long producerId, short producerEpoch, TopicPartition partition) => verdict;
    }
}
