using System.Text;
using Confluent.Kafka;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Confluent;

public sealed class ProduceConsumeTests(KafkaFixture kafka)
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string, CompressionType> Codecs() =>
        [.. from target in KafkaFixture.Targets
            from codec in Enum.GetValues<CompressionType>()
            select (target.Data, codec)];

    [Theory, MemberData(nameof(Codecs))]
    public async Task Idempotent_records_come_back_whole_and_in_order_with_every_codec(string target, CompressionType codec)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync();
        var producer = scope.Producer(config => (config.EnableIdempotence, config.CompressionType) = (true, codec));
        var reports = await Task.WhenAll(
            Enumerable.Range(0, 500).Select(
                n => producer.ProduceAsync(
                    topic,
                    new Message<string?, string?>
                    {
                        Key = n % 7 == 0 ? null : $"k{n}",
                        Value = n % 11 == 0 ? null : n % 13 == 0 ? string.Empty : $"value {n} äöü€ {new string('x', n)}",
                        Timestamp = new Timestamp(Start.AddMilliseconds(n)),
                        Headers = new Headers { { "n", Encoding.UTF8.GetBytes($"{n}") }, { "none", null } },
                    },
                    scope.Token)));

        Assert.Equal(Enumerable.Range(0, 500).Select(n => (long)n), reports.Select(report => report.Offset.Value).Order());
        var records = scope.ReadAll(topic);
        Assert.Equal(500, records.Count);
        foreach (var record in records)
        {
            var n = int.Parse(Encoding.UTF8.GetString(record.Message.Headers.GetLastBytes("n")), System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(n, record.Offset.Value);
            Assert.Equal(n % 7 == 0 ? null : $"k{n}", record.Message.Key);
            Assert.Equal(n % 11 == 0 ? null : n % 13 == 0 ? string.Empty : $"value {n} äöü€ {new string('x', n)}", record.Message.Value);
            Assert.Equal(Start.AddMilliseconds(n).UtcDateTime, record.Message.Timestamp.UtcDateTime);
            Assert.Null(record.Message.Headers.GetLastBytes("none"));
        }
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Reading_starts_at_the_beginning_an_offset_the_end_or_a_time(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync();
        var producer = scope.Producer(config => config.LingerMs = 0);
        for (var n = 0; n < 20; n++)
        {
            await producer.ProduceAsync(topic, new Message<string?, string?> { Value = $"{n}", Timestamp = new Timestamp(Start.AddSeconds(n)) }, scope.Token);
        }

        var partition = new TopicPartition(topic, 0);
        var consumer = scope.Consumer();
        Assert.Equal((0, 20), (consumer.QueryWatermarkOffsets(partition, KafkaScope.Limit).Low.Value, consumer.QueryWatermarkOffsets(partition, KafkaScope.Limit).High.Value));
        Assert.Equal(20, scope.ReadAll(topic, from: Offset.Beginning).Count);
        Assert.Equal("13", scope.ReadAll(topic, from: new Offset(13))[0].Message.Value);
        Assert.Empty(scope.ReadAll(topic, from: Offset.End));
        Assert.Equal(7, At(Start.AddSeconds(7)));
        Assert.Equal(8, At(Start.AddSeconds(7).AddMilliseconds(1)));
        Assert.Equal(0, At(Start.AddDays(-1)));
        Assert.Equal(Offset.End.Value, At(Start.AddDays(1)));

        long At(DateTimeOffset time) =>
            consumer.OffsetsForTimes([new TopicPartitionTimestamp(partition, new Timestamp(time))], KafkaScope.Limit)[0].Offset.Value;
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_waiting_consumer_sees_a_new_record_at_once(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync();
        var consumer = scope.Consumer(config => config.FetchWaitMaxMs = 20_000);
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        await KafkaScope.WaitForAsync(() => consumer.Consume(200)?.IsPartitionEOF == true, "the end of the empty partition");
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await scope.ProduceAsync(topic, 1);
        await KafkaScope.WaitForAsync(() => consumer.Consume(200)?.Message?.Value == "0", "the record");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Records_arrive_with_every_level_of_acknowledgement(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync();
        foreach (var acks in (Acks[])[Acks.None, Acks.Leader, Acks.All])
        {
            using var producer = scope.NewProducer(config => config.Acks = acks);
            for (var n = 0; n < 100; n++) { producer.Produce(topic, new Message<string?, string?> { Value = $"{acks} {n}" }); }
            Assert.Equal(0, producer.Flush(KafkaScope.Limit));
        }

        await KafkaScope.WaitForAsync(() => scope.ReadAll(topic).Count == 300, "300 records");
        Assert.Equal(Enumerable.Range(0, 100).Select(n => $"None {n}"), scope.ReadAll(topic).Take(100).Select(record => record.Message.Value));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task The_broker_stamps_records_of_a_LogAppendTime_topic(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(1, ("message.timestamp.type", "LogAppendTime"));
        foreach (var codec in Enum.GetValues<CompressionType>())
        {
            using var producer = scope.NewProducer(config => config.CompressionType = codec);
            var report = await producer.ProduceAsync(topic, new Message<string?, string?> { Value = new string('v', 200), Timestamp = new Timestamp(Start.AddYears(-20)) }, scope.Token);
            Assert.Equal(TimestampType.LogAppendTime, report.Timestamp.Type);
        }

        Assert.All(
            scope.ReadAll(topic),
            record =>
            {
                Assert.Equal(TimestampType.LogAppendTime, record.Message.Timestamp.Type);
                Assert.True(record.Message.Timestamp.UtcDateTime > Start.AddYears(-1).UtcDateTime);
            });
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_record_larger_than_the_topic_allows_is_refused_and_the_next_one_is_taken(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(1, ("max.message.bytes", "20000"));
        var producer = scope.Producer();
        var refused = await Assert.ThrowsAsync<ProduceException<string?, string?>>(
            () => producer.ProduceAsync(topic, new Message<string?, string?> { Value = new string('x', 30_000) }, scope.Token));
        Assert.Equal(ErrorCode.MsgSizeTooLarge, refused.Error.Code);
        await producer.ProduceAsync(topic, new Message<string?, string?> { Value = new string('x', 10_000) }, scope.Token);
        Assert.Single(scope.ReadAll(topic));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_record_without_a_key_is_refused_by_a_compacted_topic(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(1, ("cleanup.policy", "compact"));
        foreach (var codec in Enum.GetValues<CompressionType>())
        {
            using var producer = scope.NewProducer(config => config.CompressionType = codec);
            var refused = await Assert.ThrowsAsync<ProduceException<string?, string?>>(
                () => producer.ProduceAsync(topic, new Message<string?, string?> { Value = new string('v', 500) }, scope.Token));
            Assert.Equal(ErrorCode.InvalidRecord, refused.Error.Code);
            await producer.ProduceAsync(topic, new Message<string?, string?> { Key = "k", Value = new string('v', 500) }, scope.Token);
        }

        Assert.Equal(5, scope.ReadAll(topic).Count);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task An_unknown_topic_is_an_error_and_an_offset_out_of_range_resets(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var consumer = scope.Consumer();
        var unknown = Assert.Throws<KafkaException>(() => consumer.QueryWatermarkOffsets(new TopicPartition(scope.NewName("nowhere"), 0), KafkaScope.Limit));
        Assert.Contains(unknown.Error.Code, (ErrorCode[])[ErrorCode.UnknownTopicOrPart, ErrorCode.Local_UnknownPartition, ErrorCode.Local_UnknownTopic]);

        var topic = await scope.CreateTopicAsync();
        await scope.ProduceAsync(topic, 5);
        consumer.Assign(new TopicPartitionOffset(topic, 0, 1_000));
        ConsumeResult<string?, string?>? first = null;
        await KafkaScope.WaitForAsync(() => (first = consumer.Consume(200))?.Message is not null, "the record that the reset leads to");
        Assert.Equal(0, first!.Offset.Value);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Large_and_many_records_spread_over_partitions_come_back_once(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync(6);
        var producer = scope.Producer(config => (config.EnableIdempotence, config.CompressionType) = (true, CompressionType.Lz4));
        var big = new string('b', 700_000);
        for (var n = 0; n < 20_000; n++) { producer.Produce(topic, new Message<string?, string?> { Key = $"{n}", Value = $"{n}" }); }
        for (var n = 0; n < 10; n++) { producer.Produce(topic, new Message<string?, string?> { Key = $"big{n}", Value = big }); }
        Assert.Equal(0, producer.Flush(KafkaScope.Limit));
        var records = scope.ReadAll(topic);
        Assert.Equal(20_010, records.Count);
        Assert.Equal(20_010, records.Select(record => record.Message.Key).Distinct().Count());
        Assert.Equal(10, records.Count(record => record.Message.Value == big));
    }
}
