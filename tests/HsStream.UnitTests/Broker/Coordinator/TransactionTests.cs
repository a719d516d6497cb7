using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

public sealed class TransactionTests
{
    private readonly CoordinatorRig _rig = new();

    public TransactionTests() => _rig.CreateTopic("t", 2);

    [Fact]
    public void A_new_transactional_id_gets_epoch_0_and_each_further_initialisation_the_next()
    {
        var producer = new Producer(_rig).Init();
        Assert.Equal(0, producer.Epoch);
        var id = producer.Id;
        Assert.Equal((id, 1), (producer.Init().Id, producer.Epoch));
        Assert.NotEqual(id, new Producer(_rig, "y").Init().Id);
        _rig.Kill();
        Assert.Equal((id, 2), (producer.Init().Id, producer.Epoch));
    }

    [Fact]
    public void Without_a_transactional_id_every_producer_is_a_new_one()
    {
        var ids = Enumerable.Range(0, 3).Select(_ => _rig.Answer(_rig.Coordinator.InitProducerIdAsync(new InitProducerIdRequest(), 4)));
        Assert.Equal(3, ids.Select(response => response.ProducerId).Distinct().Count());
        Assert.All(ids, response => Assert.Equal((0, ErrorCode.None), (response.ProducerEpoch, response.Error)));
    }

    [Fact]
    public void An_epoch_is_durable_before_its_producer_hears_of_it()
    {
        var producer = new Producer(_rig).Init();
        var init = producer.RequestInit();
        _rig.Drain();
        Assert.False(init.IsCompleted);
        Assert.Equal(ErrorCode.ConcurrentTransactions, _rig.Answer(producer.RequestInit()).Error);
        Assert.True(producer.Took(_rig.Answer(init)));
        for (var seed = 0; seed < 5; seed++) { _rig.LosePower(seed); }
        Assert.Equal(2, producer.Init().Epoch);
    }

    [Theory]
    [InlineData("", 60_000, ErrorCode.InvalidRequest)]
    [InlineData("x", 0, ErrorCode.InvalidTransactionTimeout)]
    [InlineData("x", -1, ErrorCode.InvalidTransactionTimeout)]
    [InlineData("x", 900_001, ErrorCode.InvalidTransactionTimeout)]
    public void Transactional_id_and_timeout_are_checked(string id, int timeoutMs, object error) =>
        Assert.Equal((ErrorCode)error, _rig.Answer(new Producer(_rig, id) { TimeoutMs = timeoutMs }.RequestInit()).Error);

    [Fact]
    public void A_producer_that_supplies_its_epoch_is_bumped_once_however_often_it_asks_and_fenced_ones_are_refused()
    {
        var producer = new Producer(_rig).Init();
        var stale = new Producer(_rig) { Id = producer.Id, Epoch = producer.Epoch };
        Assert.Equal(1, _rig.Answer(producer.RequestInit(supplyCurrent: true)).ProducerEpoch);
        Assert.Equal(1, _rig.Answer(stale.RequestInit(supplyCurrent: true)).ProducerEpoch);
        producer.Epoch = 1;
        Assert.Equal(2, _rig.Answer(producer.RequestInit(supplyCurrent: true)).ProducerEpoch);
        Assert.Equal(ErrorCode.ProducerFenced, _rig.Answer(stale.RequestInit(supplyCurrent: true)).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, _rig.Answer(stale.RequestInit(supplyCurrent: true, version: 3)).Error);
        stale.Id++;
        Assert.Equal(ErrorCode.ProducerFenced, _rig.Answer(stale.RequestInit(supplyCurrent: true)).Error);
        stale.Epoch = -1;
        Assert.Equal(ErrorCode.InvalidRequest, _rig.Answer(stale.RequestInit(supplyCurrent: true)).Error);
    }

    [Fact]
    public void An_exhausted_epoch_brings_a_new_producer_id()
    {
        var producer = new Producer(_rig).Init();
        var id = producer.Id;
        _rig.StoreTransaction("x", new TransactionLogValue { ProducerId = id, ProducerEpoch = short.MaxValue - 2, TimeoutMs = 60_000 });
        Assert.Equal((id, short.MaxValue - 1), (producer.Init().Id, producer.Epoch));
        var retry = new Producer(_rig) { Id = producer.Id, Epoch = producer.Epoch };
        Assert.True(producer.Took(_rig.Answer(producer.RequestInit(supplyCurrent: true))));
        Assert.NotEqual(id, producer.Id);
        Assert.Equal(0, producer.Epoch);
        Assert.Equal((producer.Id, 0), (_rig.Answer(retry.RequestInit(supplyCurrent: true)) is var again ? again.ProducerId : 0, again.ProducerEpoch));
    }

    [Fact]
    public void A_commit_shows_all_partitions_at_once_and_an_abort_none()
    {
        var producer = new Producer(_rig).Init();
        Assert.Equal(ErrorCode.None, producer.Add(("t", 0), ("t", 1)));
        producer.Produce("a");
        producer.Produce("b", partition: 1);
        _rig.Settle();
        Assert.Empty(_rig.Log("t").CommittedValues());
        Assert.Equal(ErrorCode.None, producer.End(commit: true));
        Assert.Equal(["a"], _rig.Log("t").CommittedValues());
        Assert.Equal(["b"], _rig.Log("t", 1).CommittedValues());

        producer.Add(("t", 0));
        producer.Produce("c");
        Assert.Equal(ErrorCode.None, producer.End(commit: false));
        Assert.Equal(["a"], _rig.Log("t").CommittedValues());
        Assert.Equal(_rig.Log("t").HighWatermark, _rig.Log("t").LastStableOffset);
    }

    [Fact]
    public void A_repeated_end_succeeds_and_another_outcome_or_none_begun_is_refused()
    {
        var producer = new Producer(_rig).Init();
        Assert.Equal(ErrorCode.InvalidTxnState, producer.End(commit: true));
        producer.Add(("t", 0));
        var (commit, repeated, abort) = (producer.RequestEnd(true), producer.RequestEnd(true), producer.RequestEnd(false));
        Assert.Equal(ErrorCode.InvalidTxnState, _rig.Answer(abort).Error);
        Assert.Equal((ErrorCode.None, ErrorCode.None), (_rig.Answer(commit).Error, _rig.Answer(repeated).Error));
        Assert.Equal(ErrorCode.None, producer.End(commit: true));
        Assert.Equal(ErrorCode.InvalidTxnState, producer.End(commit: false));
    }

    [Fact]
    public void Unknown_and_fenced_producers_are_told_apart_in_the_codes_of_each_version()
    {
        var producer = new Producer(_rig).Init();
        var old = new Producer(_rig) { Id = producer.Id, Epoch = 0 };
        producer.Init();
        Assert.Equal(ErrorCode.ProducerFenced, old.Add(("t", 0)));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, _rig.Answer(old.RequestAdd(1, ("t", 0))).Topics[0].Partitions[0].Error);
        Assert.Equal(ErrorCode.ProducerFenced, old.End(commit: true));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, _rig.Answer(old.RequestEnd(true, version: 1)).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, _rig.Answer(old.RequestAddOffsets(version: 1)).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, _rig.Answer(old.RequestCommitOffset(1)).Topics[0].Partitions[0].Error);
        old.Id++;
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, old.Add(("t", 0)));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, new Producer(_rig, "nobody").End(commit: true));
        Assert.Equal(ErrorCode.InvalidRequest, new Producer(_rig, "").End(commit: true));
    }

    [Fact]
    public void Partitions_are_added_all_or_none()
    {
        var producer = new Producer(_rig).Init();
        var response = _rig.Answer(producer.RequestAdd(3, ("t", 0), ("t", 2), ("missing", 0)));
        Assert.Equal(
            [ErrorCode.OperationNotAttempted, ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition],
            response.Topics.SelectMany(topic => topic.Partitions).Select(partition => partition.Error));
        Assert.Equal(ErrorCode.TransactionAbortable, producer.Produce("a").Error);
    }

    [Fact]
    public void Records_get_in_only_between_adding_the_partition_and_ending_the_transaction()
    {
        var producer = new Producer(_rig).Init();
        Assert.Equal(ErrorCode.TransactionAbortable, producer.Produce("early").Error);
        producer.Add(("t", 0));
        Assert.Equal(ErrorCode.TransactionAbortable, producer.Produce("elsewhere", partition: 1).Error);
        Assert.Equal(ErrorCode.None, producer.Produce("in time").Error);
        var end = producer.RequestEnd(true);
        _rig.Drain();
        Assert.False(end.IsCompleted);
        Assert.Equal(ErrorCode.TransactionAbortable, producer.Produce("late").Error);
        _rig.Answer(end);
        Assert.Equal(ErrorCode.TransactionAbortable, producer.Produce("too late").Error);
        producer.Add(("t", 0));
        var zombie = new Producer(_rig) { Id = producer.Id, Epoch = producer.Epoch };
        producer.Init();
        producer.Add(("t", 0));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, zombie.Produce("fenced").Error);
    }

    [Fact]
    public void The_next_transaction_waits_for_the_end_of_the_last_instead_of_being_sent_away()
    {
        var producer = new Producer(_rig).Init();
        producer.Add(("t", 0));
        producer.Produce("a");
        var end = producer.RequestEnd(true);
        var next = producer.RequestAdd(3, ("t", 1));
        _rig.Drain();
        Assert.False(next.IsCompleted);
        Assert.Equal(ErrorCode.None, _rig.Answer(next).Topics[0].Partitions[0].Error);
        Assert.True(end.IsCompleted);
        Assert.Equal("Ongoing", Describe().State);
        Assert.Equal([1], Describe().Topics[0].Partitions);
    }

    [Fact]
    public void No_more_requests_wait_for_a_transaction_than_are_allowed()
    {
        var rig = new CoordinatorRig(new CoordinatorOptions { MaxParkedPerTransaction = 2 });
        rig.CreateTopic("t");
        var producer = new Producer(rig).Init();
        producer.Add(("t", 0));
        producer.Produce("a");
        producer.RequestEnd(true);
        var adds = Enumerable.Range(0, 3).Select(_ => producer.RequestAdd(3, ("t", 0))).ToList();
        Assert.Equal(
            [ErrorCode.None, ErrorCode.None, ErrorCode.ConcurrentTransactions],
            adds.Select(add => rig.Answer(add).Topics[0].Partitions[0].Error));
    }

    [Fact]
    public void A_new_incarnation_aborts_the_transaction_of_the_last_and_comes_back_for_its_epoch()
    {
        var old = new Producer(_rig).Init();
        old.Add(("t", 0));
        old.Produce("a");
        var producer = new Producer(_rig);
        Assert.Equal(ErrorCode.ConcurrentTransactions, _rig.Answer(producer.RequestInit()).Error);
        Assert.Equal(2, producer.Init().Epoch);
        Assert.Equal(ErrorCode.ProducerFenced, old.End(commit: true));
        Assert.Empty(_rig.Log("t").CommittedValues());
        Assert.Equal(_rig.Log("t").HighWatermark, _rig.Log("t").LastStableOffset);
    }

    [Fact]
    public void A_transaction_that_takes_too_long_is_aborted_and_its_producer_fenced()
    {
        var producer = new Producer(_rig) { TimeoutMs = 5_000 }.Init();
        producer.Add(("t", 0));
        producer.Produce("a");
        _rig.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal((1, TimeSpan.FromSeconds(4)), (_rig.Coordinator.OpenTransactions, _rig.Coordinator.OldestTransactionAge));
        producer.Add(("t", 1));
        _rig.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("CompleteAbort", Describe().State);
        Assert.Equal((0, TimeSpan.Zero), (_rig.Coordinator.OpenTransactions, _rig.Coordinator.OldestTransactionAge));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, producer.Produce("b").Error);
        Assert.Equal(ErrorCode.ProducerFenced, producer.End(commit: true));
        Assert.Empty(_rig.Log("t").CommittedValues());
        Assert.Equal(2, producer.Init().Epoch);
    }

    [Fact]
    public void A_restart_gives_an_open_transaction_the_rest_of_its_time()
    {
        var producer = new Producer(_rig) { TimeoutMs = 10_000 }.Init();
        producer.Add(("t", 0));
        producer.Produce("a");
        _rig.Advance(TimeSpan.FromSeconds(6));
        _rig.Kill();
        Assert.Equal(ErrorCode.None, producer.Produce("b").Error);
        _rig.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("Ongoing", Describe().State);
        _rig.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("CompleteAbort", Describe().State);
    }

    [Fact]
    public void Group_offsets_count_with_the_commit_and_are_unstable_until_then()
    {
        var consumer = new Consumer(_rig);
        _rig.Answer(consumer.Commit(3));
        var producer = new Producer(_rig).Init();
        Assert.Equal(ErrorCode.InvalidTxnState, _rig.Answer(producer.RequestCommitOffset(5)).Topics[0].Partitions[0].Error);
        Assert.Equal(ErrorCode.None, producer.CommitOffset(5));
        Assert.Equal((3, ErrorCode.None), (consumer.Fetch().Offset, consumer.Fetch().Error));
        Assert.Equal(ErrorCode.UnstableOffsetCommit, consumer.Fetch(requireStable: true).Error);
        Assert.Equal(ErrorCode.None, producer.End(commit: true));
        Assert.Equal(5, consumer.Fetch(requireStable: true).Offset);

        producer.CommitOffset(8);
        producer.End(commit: false);
        Assert.Equal(5, consumer.Fetch(requireStable: true).Offset);
        _rig.Kill();
        Assert.Equal(5, consumer.Fetch(requireStable: true).Offset);
    }

    [Fact]
    public void Of_a_transactional_and_a_plain_commit_the_one_written_later_counts()
    {
        var consumer = new Consumer(_rig);
        var producer = new Producer(_rig).Init();
        producer.CommitOffset(5);
        _rig.Answer(consumer.Commit(7));
        producer.End(commit: true);
        Assert.Equal(7, consumer.Fetch().Offset);
        _rig.Kill();
        Assert.Equal(7, consumer.Fetch().Offset);
    }

    [Fact]
    public void A_transactional_commit_of_a_member_that_lost_its_place_is_fenced()
    {
        var consumer = new Consumer(_rig, instance: "i");
        consumer.JoinAlone();
        var producer = new Producer(_rig).Init();
        Assert.Equal(ErrorCode.None, producer.CommitOffset(1, member: consumer, instance: "i"));
        Assert.Equal(ErrorCode.None, producer.CommitOffset(1));
        Assert.Equal(ErrorCode.FencedInstanceId, producer.CommitOffset(1, member: new Consumer(_rig) { MemberId = "old", Generation = 1 }, instance: "i"));
        Assert.Equal(ErrorCode.UnknownMemberId, producer.CommitOffset(1, member: new Consumer(_rig) { MemberId = "old", Generation = 1 }));
        consumer.Generation--;
        Assert.Equal(ErrorCode.IllegalGeneration, producer.CommitOffset(1, member: consumer));
        Assert.Equal(ErrorCode.IllegalGeneration, producer.CommitOffset(1, "unknown", member: consumer));
    }

    [Fact]
    public void Left_to_the_page_cache_nothing_waits_for_the_disk()
    {
        var rig = new CoordinatorRig(durability: Durability.PageCache);
        rig.CreateTopic("t");
        new Consumer(rig, "members").JoinAlone();
        var producer = new Producer(rig).Init();
        producer.Add(("t", 0));
        producer.Produce("a");
        producer.CommitOffset(5);
        Assert.Equal((ErrorCode.None, ErrorCode.None), (producer.End(commit: true), producer.Add(("t", 0))));
        Assert.Equal(["a"], rig.Log("t").CommittedValues());
        Assert.Equal(5, new Consumer(rig).Fetch(requireStable: true).Offset);
        rig.Kill();
        Assert.Equal(5, new Consumer(rig).Fetch(requireStable: true).Offset);
        Assert.Equal(0, rig.Rounds);
    }

    [Fact]
    public void A_full_disk_delays_the_end_of_a_transaction_but_changes_nothing()
    {
        var producer = new Producer(_rig).Init();
        producer.Add(("t", 0));
        producer.Produce("a");
        _rig.Settle();
        _rig.Disk.FreeSpace = 0;
        Assert.Equal(ErrorCode.NotCoordinator, producer.End(commit: true));
        Assert.Equal("Ongoing", Describe().State);
        _rig.Disk.FreeSpace = 200;
        Assert.Equal(ErrorCode.None, producer.End(commit: true));
        Assert.Equal("PrepareCommit", Describe().State);
        Assert.Equal(ErrorCode.ConcurrentTransactions, _rig.Answer(producer.RequestInit()).Error);
        _rig.Disk.FreeSpace = long.MaxValue;
        _rig.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("CompleteCommit", Describe().State);
        Assert.Equal(["a"], _rig.Log("t").CommittedValues());
    }

    [Fact]
    public void Transactions_are_listed_by_state_producer_and_duration()
    {
        var (idle, open) = (new Producer(_rig, "idle").Init(), new Producer(_rig, "open").Init());
        open.Add(("t", 0));
        _rig.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["idle", "open"], List(new ListTransactionsRequest()).States.Select(state => state.TransactionalId).Order());
        Assert.Equal(["open"], List(new ListTransactionsRequest { StateFilters = ["Ongoing", "Nonsense"] }).States.Select(state => state.TransactionalId));
        Assert.Equal(["Nonsense"], List(new ListTransactionsRequest { StateFilters = ["Ongoing", "Nonsense"] }).UnknownStateFilters);
        Assert.Equal(["idle"], List(new ListTransactionsRequest { ProducerIdFilters = [idle.Id] }).States.Select(state => state.TransactionalId));
        Assert.Empty(List(new ListTransactionsRequest { StateFilters = ["Ongoing"], DurationFilterMs = 10_000 }).States);
        Assert.Single(List(new ListTransactionsRequest { StateFilters = ["Ongoing"], DurationFilterMs = 9_999 }).States);
        Assert.Equal(ErrorCode.TransactionalIdNotFound, Describe("nobody").Error);
        Assert.Equal((open.Id, 60_000, _rig.NowMs - 10_000), (Describe("open").ProducerId, Describe("open").TimeoutMs, Describe("open").StartTimeMs));
    }

    [Fact]
    public void An_unused_transactional_id_expires_after_a_week()
    {
        var producer = new Producer(_rig).Init();
        _rig.Advance(TimeSpan.FromDays(6));
        Assert.Equal("Empty", Describe().State);
        _rig.Advance(TimeSpan.FromDays(1.1));
        Assert.Equal(ErrorCode.TransactionalIdNotFound, Describe().Error);
        _rig.Kill();
        Assert.Equal(ErrorCode.TransactionalIdNotFound, Describe().Error);
        Assert.Equal(0, producer.Init().Epoch);
    }

    private ListTransactionsResponse List(ListTransactionsRequest request) => _rig.Answer(_rig.Coordinator.ListTransactionsAsync(request));

    private DescribeTransactionsResponse.TransactionState Describe(string id = "x") =>
        _rig.Answer(_rig.Coordinator.DescribeTransactionsAsync(new DescribeTransactionsRequest { TransactionalIds = [id] })).States[0];
}
