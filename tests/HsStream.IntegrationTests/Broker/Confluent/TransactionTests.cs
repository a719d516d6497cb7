using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Confluent;

public sealed class TransactionTests(KafkaFixture kafka)
{
    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Committed_sets_are_read_and_aborted_ones_only_by_uncommitted_readers(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(2);
        var producer = Transactional(scope, scope.NewName("txn"));
        for (var round = 0; round < 6; round++)
        {
            producer.BeginTransaction();
            for (var n = 0; n < 10; n++)
            {
                producer.Produce(new TopicPartition(topic, n % 2), new Message<string?, string?> { Value = $"{(round % 2 == 0 ? "commit" : "abort")} {round}-{n}" });
            }

            // Also what has already reached the log must disappear.
            producer.Flush(KafkaScope.Limit);
            if (round % 2 == 0) { producer.CommitTransaction(KafkaScope.Limit); } else { producer.AbortTransaction(KafkaScope.Limit); }
        }

        var committed = scope.ReadAll(topic, IsolationLevel.ReadCommitted).Select(r => r.Message.Value!).ToList();
        Assert.Equal(30, committed.Count);
        Assert.All(committed, value => Assert.StartsWith("commit", value));
        Assert.Equal(60, scope.ReadAll(topic, IsolationLevel.ReadUncommitted).Count);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task An_open_transaction_holds_back_committed_readers_and_nobody_else(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync();
        await scope.ProduceAsync(topic, 3);
        var producer = Transactional(scope, scope.NewName("txn"));
        producer.BeginTransaction();
        await producer.ProduceAsync(topic, new Message<string?, string?> { Value = "open" }, scope.Token);
        await scope.ProduceAsync(topic, 2, first: 3);

        Assert.Equal(["0", "1", "2"], scope.ReadAll(topic).Select(r => r.Message.Value));
        Assert.Equal(6, scope.ReadAll(topic, IsolationLevel.ReadUncommitted).Count);
        Assert.Equal((3, 6), (await EndAsync(scope, topic, IsolationLevel.ReadCommitted), await EndAsync(scope, topic, IsolationLevel.ReadUncommitted)));
        producer.CommitTransaction(KafkaScope.Limit);
        await KafkaScope.WaitForAsync(async () => await EndAsync(scope, topic, IsolationLevel.ReadCommitted) == 7, "the stable offset to move");
        Assert.Equal(["0", "1", "2", "open", "3", "4"], scope.ReadAll(topic).Select(r => r.Message.Value));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_new_incarnation_fences_the_old_one_and_aborts_its_transaction(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync();
        var id = scope.NewName("txn");
        var zombie = Transactional(scope, id);
        zombie.BeginTransaction();
        await zombie.ProduceAsync(topic, new Message<string?, string?> { Value = "zombie" }, scope.Token);

        var heir = Transactional(scope, id);
        heir.BeginTransaction();
        await heir.ProduceAsync(topic, new Message<string?, string?> { Value = "heir" }, scope.Token);
        var fenced = Assert.ThrowsAny<KafkaException>(
            () =>
            {
                zombie.Produce(topic, new Message<string?, string?> { Value = "zombie again" });
                zombie.Flush(KafkaScope.Limit);
                zombie.CommitTransaction(KafkaScope.Limit);
            });
        Assert.True(fenced.Error.IsFatal, fenced.Error.ToString());
        heir.CommitTransaction(KafkaScope.Limit);
        Assert.Equal(["heir"], scope.ReadAll(topic).Select(r => r.Message.Value));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Copying_in_transactions_over_many_incarnations_gives_each_record_once(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var source = await scope.CreateTopicAsync(3);
        var sink = await scope.CreateTopicAsync(3);
        var (group, id) = (scope.NewName("group"), scope.NewName("txn"));
        for (var p = 0; p < 3; p++) { await scope.ProduceAsync(source, 200, p, first: p * 200); }

        var zombies = new List<IProducer<string?, string?>>();
        for (var incarnation = 0; incarnation < 5; incarnation++)
        {
            using var consumer = scope.Consumer(config => (config.GroupId, config.IsolationLevel) = (group, IsolationLevel.ReadCommitted));
            var producer = Transactional(scope, id);
            consumer.Subscribe(source);
            var ends = new HashSet<TopicPartition>();
            for (var step = 0; step < 6; step++)
            {
                var copied = Copy(consumer, producer, sink, $"{incarnation}/{step}", ends);
                if (incarnation < 4 && step == 5) { break; } // dies with an open transaction
                if (step % 3 == 2)
                {
                    producer.AbortTransaction(KafkaScope.Limit);
                    Rewind(consumer);
                    ends.Clear();
                }
                else
                {
                    producer.CommitTransaction(KafkaScope.Limit);
                }

                if (copied == 0) { break; }
            }

            zombies.Add(producer);
            consumer.Close();
        }

        // A last incarnation copies what is left.
        using (var consumer = scope.Consumer(config => (config.GroupId, config.IsolationLevel) = (group, IsolationLevel.ReadCommitted)))
        {
            var producer = Transactional(scope, id);
            consumer.Subscribe(source);
            var ends = new HashSet<TopicPartition>();
            while (Copy(consumer, producer, sink, "last", ends) > 0) { producer.CommitTransaction(KafkaScope.Limit); }
            producer.CommitTransaction(KafkaScope.Limit);

            consumer.Close();
        }

        var values = scope.ReadAll(sink).Select(r => int.Parse(r.Message.Key!, System.Globalization.CultureInfo.InvariantCulture)).Order().ToList();
        Assert.Equal(Enumerable.Range(0, 600), values);
        Assert.All(zombies, zombie => Assert.ThrowsAny<KafkaException>(() =>
        {
            zombie.BeginTransaction();
            zombie.Produce(sink, new Message<string?, string?> { Key = "0", Value = "zombie" });
            zombie.CommitTransaction(KafkaScope.Limit);
        }));
        Assert.Equal(600, scope.ReadAll(sink).Count);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Offsets_of_an_aborted_transaction_are_not_committed(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync();
        var group = scope.NewName("group");
        await scope.ProduceAsync(topic, 10);
        var member = scope.Consumer(config => config.GroupId = group);
        var partition = new TopicPartition(topic, 0);
        member.Subscribe(topic);
        await KafkaScope.WaitForAsync(
            () =>
            {
                member.Consume(100);
                return member.Assignment.Count == 1;
            },
            "the member's partition");
        var producer = Transactional(scope, scope.NewName("txn"));
        producer.BeginTransaction();
        producer.SendOffsetsToTransaction([new TopicPartitionOffset(partition, 4)], member.ConsumerGroupMetadata, KafkaScope.Limit);
        producer.AbortTransaction(KafkaScope.Limit);
        Assert.Equal(Offset.Unset, member.Committed([partition], KafkaScope.Limit)[0].Offset);
        producer.BeginTransaction();
        producer.SendOffsetsToTransaction([new TopicPartitionOffset(partition, 6)], member.ConsumerGroupMetadata, KafkaScope.Limit);
        producer.CommitTransaction(KafkaScope.Limit);
        Assert.Equal(6, member.Committed([partition], KafkaScope.Limit)[0].Offset.Value);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_transaction_past_its_timeout_is_aborted_and_its_producer_fenced(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync();
        var producer = Transactional(scope, scope.NewName("txn"), config => config.TransactionTimeoutMs = 1_500);
        producer.BeginTransaction();
        await producer.ProduceAsync(topic, new Message<string?, string?> { Value = "late" }, scope.Token);
        await KafkaScope.WaitForAsync(async () => await EndAsync(scope, topic, IsolationLevel.ReadCommitted) == 2, "the broker to abort the transaction");
        Assert.Empty(scope.ReadAll(topic));
        Assert.ThrowsAny<KafkaException>(() => producer.CommitTransaction(KafkaScope.Limit));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_large_transaction_over_many_partitions_is_all_or_nothing(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(12);
        var other = await scope.CreateTopicAsync(4);
        var producer = Transactional(scope, scope.NewName("txn"));
        foreach (var commit in (bool[])[true, false])
        {
            producer.BeginTransaction();
            for (var n = 0; n < 10_000; n++)
            {
                producer.Produce(n % 5 == 0 ? other : topic, new Message<string?, string?> { Key = $"{n}", Value = $"{commit} {new string('x', 100)}" });
            }

            producer.Flush(KafkaScope.Limit);
            if (commit) { producer.CommitTransaction(KafkaScope.Limit); } else { producer.AbortTransaction(KafkaScope.Limit); }
        }

        Assert.Equal((8_000, 2_000), (scope.ReadAll(topic).Count, scope.ReadAll(other).Count));
        Assert.All(scope.ReadAll(topic), record => Assert.StartsWith("True", record.Message.Value));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_timeout_longer_than_the_broker_allows_is_refused(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        using var producer = scope.NewProducer(config => (config.TransactionalId, config.TransactionTimeoutMs, config.MessageTimeoutMs) = (scope.NewName("txn"), 3_600_000, 60_000));
        var refused = Assert.ThrowsAny<KafkaException>(() => producer.InitTransactions(KafkaScope.Limit));
        Assert.Equal(ErrorCode.InvalidTransactionTimeout, refused.Error.Code);
    }

    private static IProducer<string?, string?> Transactional(KafkaScope scope, string id, Action<ProducerConfig>? configure = null)
    {
        var producer = scope.Producer(
            config =>
            {
                config.TransactionalId = id;
                config.TransactionTimeoutMs = 60_000;
                configure?.Invoke(config);
                config.MessageTimeoutMs = Math.Min(config.TransactionTimeoutMs.Value, 60_000);
            });
        producer.InitTransactions(KafkaScope.Limit);
        return producer;
    }

    private static async Task<long> EndAsync(KafkaScope scope, string topic, IsolationLevel isolation)
    {
        var listed = await scope.Admin.ListOffsetsAsync(
            [new TopicPartitionOffsetSpec { TopicPartition = new TopicPartition(topic, 0), OffsetSpec = OffsetSpec.Latest() }],
            new ListOffsetsOptions { IsolationLevel = isolation });
        return listed.ResultInfos[0].TopicPartitionOffsetError.Offset.Value;
    }

    /// <summary>Opens a transaction, copies up to 40 records into it and adds the offsets.</summary>
    /// <param name="ends">Partitions read to their end; a client says so once, when it gets there.</param>
    private static int Copy(IConsumer<string?, string?> consumer, IProducer<string?, string?> producer, string sink, string by, HashSet<TopicPartition> ends)
    {
        producer.BeginTransaction();
        var next = new Dictionary<TopicPartition, TopicPartitionOffset>();
        var copied = 0;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (copied < 40 && !(consumer.Assignment.Count > 0 && ends.Count == consumer.Assignment.Count))
        {
            if (watch.Elapsed > KafkaScope.Limit) { throw new TimeoutException($"Copied {copied} records and reached {ends.Count} of {consumer.Assignment.Count} ends."); }
            if (consumer.Consume(100) is not { } record) { continue; }
            if (record.IsPartitionEOF)
            {
                ends.Add(record.TopicPartition);
                continue;
            }

            copied++;
            ends.Remove(record.TopicPartition);
            producer.Produce(new TopicPartition(sink, record.Partition), new Message<string?, string?> { Key = record.Message.Value, Value = by });
            next[record.TopicPartition] = new TopicPartitionOffset(record.TopicPartition, record.Offset + 1);
        }

        if (next.Count > 0) { producer.SendOffsetsToTransaction(next.Values, consumer.ConsumerGroupMetadata, KafkaScope.Limit); }
        return copied;
    }

    private static void Rewind(IConsumer<string?, string?> consumer)
    {
        foreach (var committed in consumer.Committed(consumer.Assignment, KafkaScope.Limit))
        {
            consumer.Seek(committed.Offset == Offset.Unset ? new TopicPartitionOffset(committed.TopicPartition, Offset.Beginning) : committed);
        }
    }
}
