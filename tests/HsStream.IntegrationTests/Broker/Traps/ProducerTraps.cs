using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Traps;

public sealed class ProducerTraps(KafkaFixture kafka)
{
    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_batch_sent_twice_is_stored_once_and_acknowledged_with_its_first_offset(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        var id = (await scope.InitProducerAsync(null)).ProducerId;
        for (var n = 0; n < 7; n++) { Assert.Equal((ErrorCode.None, n * 2L), await SendAsync(n * 2)); }
        for (var n = 2; n < 7; n++) { Assert.Equal((ErrorCode.None, n * 2L), await SendAsync(n * 2)); }
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, (await SendAsync(99)).Error);
        Assert.Equal(14, await scope.EndAsync(topic));

        async Task<(ErrorCode Error, long Offset)> SendAsync(int sequence)
        {
            var row = await scope.ProduceAsync(topic, Requests.Batch(2, producerId: id, epoch: 0, sequence: sequence));
            return (row.Error, row.BaseOffset);
        }
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Timeouts_outside_the_bounds_are_refused(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        foreach (var (timeout, error) in (IEnumerable<(int, ErrorCode)>)[(0, ErrorCode.InvalidTransactionTimeout), (900_001, ErrorCode.InvalidTransactionTimeout), (900_000, ErrorCode.None), (1, ErrorCode.None)])
        {
            Assert.Equal(error, (await scope.InitProducerAsync(scope.NewName("txn"), timeout)).Error);
        }

        Assert.Equal(ErrorCode.InvalidRequest, (await scope.AnyAsync<InitProducerIdResponse>(ApiKey.InitProducerId, new InitProducerIdRequest { TransactionalId = "", TransactionTimeoutMs = 1_000 })).Error);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task The_steps_of_a_transaction_are_held_to_their_order(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        var txn = scope.NewName("txn");
        var (id, epoch) = await InitAsync();
        Assert.Equal(ErrorCode.InvalidTxnState, await EndAsync(commit: true));
        Assert.NotEqual(ErrorCode.None, (await scope.ProduceAsync(topic, Requests.Batch(1, producerId: id, epoch: epoch, sequence: 0, transactional: true), transactionalId: txn)).Error);

        Assert.Equal(ErrorCode.None, await AddAsync(topic));
        Assert.Equal(ErrorCode.None, (await scope.ProduceAsync(topic, Requests.Batch(2, producerId: id, epoch: epoch, sequence: 0, transactional: true), transactionalId: txn)).Error);
        Assert.Equal((0, 2), (await scope.EndAsync(topic, 1), await scope.EndAsync(topic)));
        Assert.Equal(ErrorCode.None, await EndAsync(commit: true));
        await RawCluster.SettleAsync(async () => await scope.EndAsync(topic, 1) == 3, "the marker", scope.Token);
        Assert.Equal(ErrorCode.None, await EndAsync(commit: true));
        Assert.Equal(ErrorCode.InvalidTxnState, await EndAsync(commit: false));

        var old = epoch;
        (id, epoch) = await InitAsync();
        Assert.Equal(old + 1, epoch);
        var fenced = await scope.TransactionAsync<TxnResponse>(txn, ApiKey.EndTxn, Requests.EndTxn(txn, id, old, commit: true));
        Assert.Equal(ErrorCode.ProducerFenced, fenced.Error);
        fenced = await scope.TransactionAsync<TxnResponse>(txn, ApiKey.EndTxn, Requests.EndTxn(txn, id, old, commit: true), version: 1);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, fenced.Error);
        var unknown = await scope.TransactionAsync<TxnResponse>(txn, ApiKey.EndTxn, Requests.EndTxn(txn, id + 1_000_000, epoch, commit: true));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, unknown.Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, await AddAsync(scope.NewName("nowhere")));

        async Task<(long, short)> InitAsync()
        {
            var response = await scope.InitProducerAsync(txn);
            Assert.Equal(ErrorCode.None, response.Error);
            return (response.ProducerId, response.ProducerEpoch);
        }

        async Task<ErrorCode> AddAsync(string name)
        {
            AddPartitionsToTxnResponse? response = null;
            await RawCluster.SettleAsync(
                async () =>
                {
                    response = await scope.TransactionAsync<AddPartitionsToTxnResponse>(txn, ApiKey.AddPartitionsToTxn, Requests.AddPartitions(txn, id, epoch, name, 0));
                    return response.Topics[0].Partitions[0].Error != ErrorCode.ConcurrentTransactions;
                },
                "the last transaction to end",
                scope.Token);
            return response!.Topics[0].Partitions[0].Error;
        }

        async Task<ErrorCode> EndAsync(bool commit)
        {
            TxnResponse? response = null;
            await RawCluster.SettleAsync(
                async () =>
                {
                    response = await scope.TransactionAsync<TxnResponse>(txn, ApiKey.EndTxn, Requests.EndTxn(txn, id, epoch, commit));
                    return response.Error != ErrorCode.ConcurrentTransactions;
                },
                "the last transaction to end",
                scope.Token);
            return response!.Error;
        }
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Aborted_ranges_are_listed_for_committed_readers(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        var txn = scope.NewName("txn");
        var producer = await scope.InitProducerAsync(txn);
        await scope.ProduceAsync(topic, Requests.Batch(2));
        await scope.TransactionAsync<AddPartitionsToTxnResponse>(txn, ApiKey.AddPartitionsToTxn, Requests.AddPartitions(txn, producer.ProducerId, producer.ProducerEpoch, topic, 0));
        await scope.ProduceAsync(topic, Requests.Batch(3, producerId: producer.ProducerId, epoch: producer.ProducerEpoch, sequence: 0, transactional: true), transactionalId: txn);
        await scope.TransactionAsync<TxnResponse>(txn, ApiKey.EndTxn, Requests.EndTxn(txn, producer.ProducerId, producer.ProducerEpoch, commit: false));
        await RawCluster.SettleAsync(async () => await scope.EndAsync(topic, 1) == 6, "the marker", scope.Token);
        var fetched = (await scope.FetchAsync(topic, 0, isolation: 1)).Topics[0].Partitions[0];
        Assert.Equal([(producer.ProducerId, 2L)], fetched.Aborted!.Select(range => (range.ProducerId, range.FirstOffset)));
        Assert.Empty((await scope.FetchAsync(topic, 6, isolation: 1)).Topics[0].Partitions[0].Aborted!);
    }

    [Fact]
    public async Task A_recreated_topic_gets_no_marker_of_a_transaction_on_the_old_one()
    {
        // The embedded broker's own promise: Apache Kafka names topics, not ids, when it asks for markers.
        await using var scope = await RawScope.OpenAsync(kafka, KafkaFixture.Embedded);
        var topic = await scope.Kafka.CreateTopicAsync();
        var txn = scope.NewName("txn");
        var producer = await scope.InitProducerAsync(txn);
        await scope.TransactionAsync<AddPartitionsToTxnResponse>(txn, ApiKey.AddPartitionsToTxn, Requests.AddPartitions(txn, producer.ProducerId, producer.ProducerEpoch, topic, 0));
        await scope.ProduceAsync(topic, Requests.Batch(3, producerId: producer.ProducerId, epoch: producer.ProducerEpoch, sequence: 0, transactional: true), transactionalId: txn);
        await scope.Kafka.Admin.DeleteTopicsAsync([topic]);
        await scope.Kafka.Admin.CreateTopicsAsync([new() { Name = topic, NumPartitions = 1 }]);
        var ended = await scope.TransactionAsync<TxnResponse>(txn, ApiKey.EndTxn, Requests.EndTxn(txn, producer.ProducerId, producer.ProducerEpoch, commit: true));
        Assert.Equal(ErrorCode.None, ended.Error);
        Assert.Equal((0, 0), (await scope.EndAsync(topic), await scope.EndAsync(topic, 1)));
        await scope.ProduceAsync(topic, Requests.Batch(2));
        Assert.Equal((2, 2), (await scope.EndAsync(topic), await scope.EndAsync(topic, 1)));
    }
}
