using CsCheck;
using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

/// <summary>
/// Loses the power, or the process, at every single change that a transaction makes to the disk, and looks at what a read_committed
/// consumer and the group see afterwards: one outcome, everywhere, and never another than the client was told.
/// </summary>
public sealed class TransactionCrashTests
{
    private static readonly string[] Whole = ["1a@0", "1b@1"];

    public enum Ending
    {
        Commit,
        Abort,
        Timeout,
        Fencing,
    }

    [Theory]
    [InlineData(Ending.Commit, true)]
    [InlineData(Ending.Commit, false)]
    [InlineData(Ending.Abort, true)]
    [InlineData(Ending.Abort, false)]
    [InlineData(Ending.Timeout, true)]
    [InlineData(Ending.Timeout, false)]
    [InlineData(Ending.Fencing, true)]
    [InlineData(Ending.Fencing, false)]
    public void A_crash_at_any_change_of_the_disk_leaves_one_outcome_everywhere(Ending ending, bool powerLoss)
    {
        var crashed = true;
        for (var change = 1; crashed; change++)
        {
            for (var seed = 0; seed < (powerLoss ? 12 : 1); seed++)
            {
                var script = new Script(ending);
                crashed = script.RunUntilCrash(change);
                script.Recover(powerLoss ? seed : null);
                script.Check($"crash at change {change}, seed {seed}");
            }
        }
    }

    [Fact]
    public void A_decision_that_is_durable_is_carried_out_after_a_crash()
    {
        foreach (var commit in (bool[])[true, false])
        {
            var rig = new CoordinatorRig();
            rig.CreateTopic("t", 2);
            var producer = new Producer(rig).Init();
            producer.Add(("t", 0), ("t", 1));
            producer.Produce("a");
            producer.Produce("b", partition: 1);
            producer.CommitOffset(7);
            var end = producer.RequestEnd(commit);
            while (Describe(rig) == "Ongoing")
            {
                rig.Flush();
                rig.Drain();
            }

            Assert.False(end.IsCompleted);
            rig.Flush();
            rig.LosePower(3);
            rig.Settle();
            Assert.Equal(commit ? "CompleteCommit" : "CompleteAbort", Describe(rig));
            Assert.Equal(commit ? ["a"] : [], rig.Log("t").CommittedValues());
            Assert.Equal(commit ? ["b"] : [], rig.Log("t", 1).CommittedValues());
            Assert.Equal(commit ? 7 : -1, new Consumer(rig).Fetch(requireStable: true).Offset);
        }
    }

    [Fact]
    public void A_restart_does_not_mark_a_partition_twice_that_has_its_marker()
    {
        var rig = new CoordinatorRig();
        rig.CreateTopic("t", 2);
        var producer = new Producer(rig).Init();
        producer.Add(("t", 0), ("t", 1));
        producer.Produce("a");
        producer.Produce("b", partition: 1);
        producer.RequestEnd(true);
        while (rig.Log("t").LogEndOffset < 2)
        {
            rig.Drain();
            rig.Flush();
        }

        rig.Kill();
        rig.Settle();
        Assert.Equal((2, 2), (rig.Log("t").LogEndOffset, rig.Log("t", 1).LogEndOffset));
        Assert.Equal(["a"], rig.Log("t").CommittedValues());
    }

    [Fact]
    public void What_no_transactional_id_knows_is_aborted_at_the_start()
    {
        var rig = new CoordinatorRig();
        rig.CreateTopic("t");
        var producer = new Producer(rig).Init();
        producer.Add(("t", 0));
        producer.Produce("orphan");
        rig.StoreTransaction("x", new TransactionLogValue { ProducerId = producer.Id, ProducerEpoch = producer.Epoch, TimeoutMs = 60_000 });
        rig.Flush();
        Assert.Equal(1, rig.Failures.Events["OrphanAborted"]);
        Assert.Empty(rig.Log("t").CommittedValues());
        Assert.Equal(rig.Log("t").HighWatermark, rig.Log("t").LastStableOffset);
    }

    /// <summary>Several producers, any order of their steps, deadlines, flushes and crashes.</summary>
    [Fact]
    public void No_order_of_events_mixes_outcomes() =>
        Gen.Int[0, int.MaxValue].Sample(seed => new TransactionWorld(seed).Run(), iter: Effort.Times(150), threads: 1);

    private static string Describe(CoordinatorRig rig)
    {
        var request = rig.Coordinator.DescribeTransactionsAsync(new DescribeTransactionsRequest { TransactionalIds = ["x"] });
        rig.Drain();
        return request.GetAwaiter().GetResult().States[0].State;
    }

    /// <summary>One transaction over two partitions and a group, ended in one of four ways, and the beginning of a next one.</summary>
    private sealed class Script
    {
        private readonly CoordinatorRig _rig = new();
        private readonly Ending _ending;
        private readonly Producer _producer;
        private bool _asked;
        private bool _told;

        public Script(Ending ending)
        {
            _ending = ending;
            _rig.CreateTopic("t", 2);
            _producer = new Producer(_rig) { TimeoutMs = 5_000 }.Init();
        }

        public bool RunUntilCrash(int change)
        {
            _rig.Disk.CrashAfter(change);
            try
            {
                Run();
                return false;
            }
            catch (SimulatedCrashException)
            {
                return true;
            }
        }

        public void Recover(int? seed)
        {
            if (seed is { } power) { _rig.LosePower(power); } else { _rig.Kill(); }
            _rig.Settle();
        }

        public void Check(string where)
        {
            // The next incarnation ends whatever is still open.
            new Producer(_rig).Init();
            _rig.Settle();
            var shown = Enumerable.Range(0, 2)
                .SelectMany(partition => _rig.Log("t", partition).CommittedValues().Select(value => $"{value}@{partition}")).ToList();
            var committed = shown.Count > 0;
            Assert.True(shown.Count == 0 || shown.SequenceEqual(Whole), $"{where}: part of a transaction is shown: {string.Join(", ", shown)}");
            Assert.True(!committed || (_ending == Ending.Commit && _asked), $"{where}: shown without a commit.");
            Assert.True(committed || _ending != Ending.Commit || !_told, $"{where}: the client was told of a commit that is gone.");
            var offset = new Consumer(_rig).Fetch(requireStable: true);
            Assert.True(
                (offset.Offset, offset.Error) == (committed ? 7 : -1, ErrorCode.None), $"{where}: committed {committed}, group at {offset.Offset}, {offset.Error}.");
            foreach (var log in _rig.Catalog.Topics.SelectMany(topic => topic.Partitions))
            {
                Assert.True(log.LastStableOffset == log.HighWatermark, $"{where}: {log.Partition} is stuck at {log.LastStableOffset} of {log.HighWatermark}.");
            }
        }

        private void Run()
        {
            Succeed(_producer.Add(("t", 0)));
            Succeed(_producer.Produce("1a").Error);
            Succeed(_producer.Add(("t", 1)));
            Succeed(_producer.Produce("1b", partition: 1).Error);

            // A client asks for the commit only after its records are acknowledged.
            _rig.Logs.FlushOnce();
            Succeed(_producer.CommitOffset(7));
            _asked = true;
            switch (_ending)
            {
                case Ending.Timeout:
                    _rig.Advance(TimeSpan.FromSeconds(5));
                    return;
                case Ending.Fencing:
                    new Producer(_rig).Init();
                    return;
                default:
                    Succeed(_producer.End(_ending == Ending.Commit));
                    break;
            }

            _told = true;
            Succeed(_producer.Add(("t", 0), ("t", 1)));
            _producer.Produce("2a");
            _producer.Produce("2b", partition: 1);
            _producer.CommitOffset(9);
            _rig.Settle();
            _rig.Logs.FlushOnce();
        }

        /// <summary>An error can only come of the crash, which the coordinator has caught.</summary>
        private void Succeed(ErrorCode error)
        {
            _rig.Drain();
            Assert.Equal(ErrorCode.None, error);
        }
    }
}
