using HsStream.Embedded.Broker;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

public sealed class ProducerStateTests
{
    [Fact]
    public void The_last_five_batches_are_recognised_and_older_ones_are_out_of_order()
    {
        using var fixture = new LogFixture();
        for (var i = 0; i < 7; i++) { Assert.Equal((ErrorCode.None, i), Send(fixture, i)); }

        for (var i = 2; i < 7; i++) { Assert.Equal((ErrorCode.None, i), Send(fixture, i)); }

        Assert.Equal((ErrorCode.OutOfOrderSequenceNumber, -1), Send(fixture, 1));
        Assert.Equal((ErrorCode.OutOfOrderSequenceNumber, -1), Send(fixture, 8));
        Assert.Equal(7, fixture.Log.LogEndOffset);
    }

    [Fact]
    public void A_repeat_must_match_first_and_last_sequence()
    {
        using var fixture = new LogFixture();
        fixture.Log.Append(fixture.Batch(1, 0, 0, false, "a", "b"), 9, null);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, fixture.Log.Append(fixture.Batch(1, 0, 0, false, "a"), 9, null).Error);
    }

    [Fact]
    public void After_the_largest_sequence_comes_0()
    {
        using var fixture = new LogFixture();
        Assert.Equal((ErrorCode.None, 0), Send(fixture, int.MaxValue));
        Assert.Equal((ErrorCode.None, 1), Send(fixture, 0));
        var spanning = fixture.Batch(2, 0, int.MaxValue, false, "a", "b", "c");
        Assert.Equal(1, BatchHeader.Read(spanning).LastSequence);
        fixture.Log.Append(spanning, 9, null);
        Assert.Equal(ErrorCode.None, fixture.Log.Append(fixture.Batch(2, 0, 2, false, "d"), 9, null).Error);
    }

    [Fact]
    public void An_unknown_producer_may_begin_anywhere_but_a_new_epoch_begins_at_0()
    {
        using var fixture = new LogFixture();
        Assert.Equal((ErrorCode.None, 0), Send(fixture, 40, epoch: 3));
        Assert.Equal((ErrorCode.InvalidProducerEpoch, -1), Send(fixture, 41, epoch: 2));
        Assert.Equal((ErrorCode.OutOfOrderSequenceNumber, -1), Send(fixture, 41, epoch: 4));
        Assert.Equal((ErrorCode.None, 1), Send(fixture, 0, epoch: 4));
        Assert.Equal((ErrorCode.InvalidProducerEpoch, -1), Send(fixture, 41, epoch: 3));
    }

    [Fact]
    public void A_marker_raises_the_epoch_and_fences_the_older_one()
    {
        using var fixture = new LogFixture();
        fixture.Log.Append(fixture.Batch(1, 0, 0, true, "a"), 9, null);
        Assert.Equal(ErrorCode.None, fixture.Log.AppendMarker(1, 1, commit: false, 0).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, fixture.Log.Append(fixture.Batch(1, 0, 1, true, "b"), 9, null).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, fixture.Log.AppendMarker(1, 0, commit: true, 0).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, fixture.Log.Append(fixture.Batch(1, 1, 1, true, "b"), 9, null).Error);
        Assert.Equal(ErrorCode.None, fixture.Log.Append(fixture.Batch(1, 1, 0, true, "b"), 9, null).Error);
    }

    [Fact]
    public void The_gate_is_asked_for_transactional_batches_after_repeats_are_recognised()
    {
        using var fixture = new LogFixture();
        var gate = new Gate();
        Assert.Equal(ErrorCode.None, fixture.Log.Append(fixture.Batch(1, 0, 0, true, "a"), 9, gate).Error);
        gate.Answer = ErrorCode.InvalidTxnState;
        Assert.Equal((ErrorCode.None, 0), fixture.Log.Append(fixture.Batch(1, 0, 0, true, "a"), 9, gate) is var repeat ? (repeat.Error, repeat.BaseOffset) : default);
        Assert.Equal(ErrorCode.InvalidTxnState, fixture.Log.Append(fixture.Batch(1, 0, 1, true, "b"), 9, gate).Error);
        Assert.Equal(ErrorCode.None, fixture.Log.Append(fixture.Batch(2, 0, 0, false, "c"), 9, gate).Error);
        Assert.Equal(2, gate.Asked);
    }

    [Fact]
    public void An_open_transaction_admits_no_batch_outside_of_it()
    {
        using var fixture = new LogFixture();
        fixture.Log.Append(fixture.Batch(1, 0, 0, true, "a"), 9, null);
        Assert.Equal(ErrorCode.InvalidTxnState, fixture.Log.Append(fixture.Batch(1, 0, 1, false, "b"), 9, null).Error);
    }

    [Fact]
    public void An_idle_producer_is_forgotten_after_a_day_unless_its_transaction_is_open()
    {
        using var fixture = new LogFixture();
        Send(fixture, 0);
        fixture.Log.Append(fixture.Batch(2, 0, 0, true, "t"), 9, null);
        fixture.Time.Advance(TimeSpan.FromHours(25));
        fixture.Manager.MaintainOnce();
        Assert.Equal((ErrorCode.None, 2), Send(fixture, 17));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, fixture.Log.Append(fixture.Batch(2, 0, 7, true, "u"), 9, null).Error);
    }

    [Fact]
    public void A_snapshot_reads_back_as_it_was_taken()
    {
        var table = new ProducerStateTable();
        for (var id = 1; id <= 9; id++)
        {
            for (var i = 0; i < id; i++)
            {
                table.Append(new BatchHeader((id * 100) + i, 70, 2, 0, (short)(id % 2 == 0 ? 0x10 : 0), 0, 0, 5, id, (short)id, i, 1), nowMs: 1000 + id);
            }
        }

        table.AppendMarker(8, 8, 999, commit: true, 2000);
        var restored = ProducerSnapshot.Load(ProducerSnapshot.Save(table));
        Assert.Equal(Show(table), Show(restored));
        Assert.Equal([(2, 200), (4, 400), (6, 600)], restored.Transactions.Open);
        Assert.Equal(200, restored.Transactions.FirstUnstableOffset);
    }

    private static string Show(ProducerStateTable table) => string.Join('\n', table.All.Select(state =>
        $"{state.ProducerId} {state.Epoch} {state.TransactionFirstOffset} {state.LastUsedMs} {state.LastSequence} {string.Join(',', state.Recent.ToArray())}"));

    private static (ErrorCode Error, long Offset) Send(LogFixture fixture, int sequence, short epoch = 0)
    {
        var result = fixture.Log.Append(fixture.Batch(1, epoch, sequence, false, "x"), 9, null);
        return (result.Error, result.BaseOffset);
    }

    private sealed class Gate : ITransactionGate
    {
        public ErrorCode Answer { get; set; }

        public int Asked { get; private set; }

        public ErrorCode Check(long producerId, short producerEpoch, TopicPartition partition)
        {
            Asked++;
            return Answer;
        }
    }
}
