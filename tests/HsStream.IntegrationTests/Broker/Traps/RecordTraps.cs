using System.Buffers.Binary;
using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Traps;

public sealed class RecordTraps(KafkaFixture kafka)
{
    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_fetch_from_the_middle_of_a_batch_returns_the_whole_batch(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        await scope.ProduceAsync(topic, Requests.Batch(10));
        await scope.ProduceAsync(topic, Requests.Batch(10, 10));
        Assert.Equal(Enumerable.Range(0, 20), Requests.Records(await scope.FetchAsync(topic, 5)).Select(record => (int)record.Offset));
        Assert.Equal(Enumerable.Range(10, 10), Requests.Records(await scope.FetchAsync(topic, 19)).Select(record => (int)record.Offset));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task What_was_acknowledged_with_acks_1_can_be_read_at_once(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        for (var n = 1; n <= 50; n++)
        {
            await scope.ProduceAsync(topic, Requests.Batch(1), acks: 1);
            Assert.Equal(n, await scope.EndAsync(topic));
        }
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task What_was_sent_with_acks_0_counts_in_the_end_asked_for_behind_it(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        using var cluster = new RawCluster(scope.Kafka.Bootstrap);
        var client = await cluster.LeaderAsync("acks0", topic, 0, scope.Token);
        for (var n = 1; n <= 50; n++)
        {
            await client.WriteRequestAsync(ApiKey.Produce, 8, Requests.Produce(topic, 0, Requests.Batch(1, n), acks: 0), scope.Token);
            var ends = await client.SendAsync<ListOffsetsResponse>(
                ApiKey.ListOffsets, 7, new ListOffsetsRequest { Topics = [new() { Name = topic, Partitions = [new() { Timestamp = -1 }] }] }, scope.Token);
            Assert.Equal(n, ends.Topics[0].Partitions[0].Offset);
        }
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task An_empty_answer_has_an_empty_record_set_not_a_null_one(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        await scope.ProduceAsync(topic, Requests.Batch(3));
        foreach (var version in Enumerable.Range(4, 9))
        {
            var plain = (await scope.FetchAsync(topic, 3, isolation: 0, (short)version)).Topics[0].Partitions[0];
            Assert.Equal((ErrorCode.None, 0, 3, 3), (plain.Error, plain.Records?.Length, plain.HighWatermark, plain.LastStableOffset));
            Assert.Null(plain.Aborted);
            var committed = (await scope.FetchAsync(topic, 0, isolation: 1, (short)version)).Topics[0].Partitions[0];
            Assert.Empty(committed.Aborted!);
        }

        var beyond = (await scope.FetchAsync(topic, 4)).Topics[0].Partitions[0];
        Assert.Equal((ErrorCode.OffsetOutOfRange, 0), (beyond.Error, beyond.Records?.Length));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_batch_larger_than_the_fetch_is_returned_all_the_same(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        await scope.ProduceAsync(topic, Requests.Batch(5, valueBytes: 2_000));
        await scope.ProduceAsync(topic, Requests.Batch(5, 5, valueBytes: 2_000));
        Assert.Equal(5, Requests.Records(await scope.FetchAsync(topic, 0, maxBytes: 100)).Count);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Topics_are_fetched_by_id_and_unknown_ids_are_told_apart_from_unknown_names(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        await scope.ProduceAsync(topic, Requests.Batch(3));
        var metadata = await scope.AnyAsync<MetadataResponse>(ApiKey.Metadata, new MetadataRequest { Topics = [new() { Name = topic }] });
        var request = Requests.Fetch(topic, 0, 0);
        request.Topics[0].TopicId = metadata.Topics[0].TopicId;
        Assert.Equal(3, Requests.Records(await scope.LeaderAsync<FetchResponse>(topic, ApiKey.Fetch, request, 13)).Count);
        request.Topics[0].TopicId = Guid.NewGuid();
        Assert.Equal(ErrorCode.UnknownTopicId, (await scope.LeaderAsync<FetchResponse>(topic, ApiKey.Fetch, request, 13)).Topics[0].Partitions[0].Error);
        var unknown = await scope.AnyAsync<FetchResponse>(ApiKey.Fetch, Requests.Fetch(scope.NewName("nowhere"), 0, 0), 12);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, unknown.Topics[0].Partitions[0].Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await scope.LeaderAsync<FetchResponse>(topic, ApiKey.Fetch, Requests.Fetch(topic, 9, 0), 12)).Topics[0].Partitions[0].Error);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task A_fetch_session_nobody_opened_is_not_found(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        var request = Requests.Fetch(topic, 0, 0);
        (request.SessionId, request.SessionEpoch) = (123_456_789, 5);
        Assert.Equal(ErrorCode.FetchSessionIdNotFound, (await scope.LeaderAsync<FetchResponse>(topic, ApiKey.Fetch, request, 12)).Error);
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Damaged_batches_are_refused_with_the_error_that_names_the_damage(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync(1, ("max.message.bytes", "10000"));
        Assert.Equal(ErrorCode.CorruptMessage, await RefusedAsync(batch => batch[^1] ^= 1));
        Assert.Equal(ErrorCode.CorruptMessage, await RefusedAsync(batch => batch[BatchLayout.Crc] ^= 1));
        Assert.Equal(ErrorCode.InvalidRecord, await RefusedAsync(batch => Resign(batch, b => b[BatchLayout.Attributes + 1] |= (byte)BatchLayout.ControlBit)));
        Assert.Equal(ErrorCode.InvalidRecord, await RefusedAsync(batch => Resign(batch, b => BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(BatchLayout.LastOffsetDelta), 7))));
        Assert.Equal(ErrorCode.MessageTooLarge, (await scope.ProduceAsync(topic, Requests.Batch(5, valueBytes: 5_000))).Error);
        Assert.Equal(ErrorCode.InvalidRequiredAcks, (await scope.ProduceAsync(topic, Requests.Batch(1), acks: 2)).Error);
        Assert.Equal(ErrorCode.UnsupportedCompressionType, (await scope.ProduceAsync(topic, Requests.Batch(1, codec: CompressionCodec.Zstd), version: 6)).Error);
        Assert.Equal(0, await scope.EndAsync(topic));
        Assert.Equal((ErrorCode.None, 0), await Pair(scope.ProduceAsync(topic, Requests.Batch(1))));

        async Task<ErrorCode> RefusedAsync(Action<byte[]> damage)
        {
            var batch = Requests.Batch(3);
            damage(batch);
            return (await scope.ProduceAsync(topic, batch)).Error;
        }

        static async Task<(ErrorCode, long)> Pair(Task<ProduceResponse.PartitionResult> sent) => ((await sent).Error, (await sent).BaseOffset);

        static void Resign(byte[] batch, Action<byte[]> change)
        {
            change(batch);
            BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchLayout.Crc), Crc32C.Compute(batch.AsSpan(BatchLayout.Attributes)));
        }
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Keyless_records_of_a_compacted_topic_are_named_one_by_one(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync(1, ("cleanup.policy", "compact"));
        foreach (var codec in Enum.GetValues<CompressionCodec>())
        {
            var refused = await scope.ProduceAsync(topic, Requests.Batch(2, keyless: true, codec: codec));
            Assert.Equal(ErrorCode.InvalidRecord, refused.Error);
            Assert.Equal([0, 1], refused.RecordErrors.Select(row => row.BatchIndex));
        }
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Offsets_are_found_by_time_inside_a_batch(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        await scope.ProduceAsync(topic, Requests.Batch(10, timestampMs: 1_000_000));
        await scope.ProduceAsync(topic, Requests.Batch(10, 10, timestampMs: 2_000_000, codec: CompressionCodec.Lz4));
        Assert.Equal((5, 1_000_005), await At(1_000_005));
        Assert.Equal((10, 2_000_000), await At(1_000_010));
        Assert.Equal((17, 2_000_007), await At(2_000_007));
        Assert.Equal((-1, -1), await At(2_000_010));
        Assert.Equal((0, -1), await At(-2));
        Assert.Equal((20, -1), await At(-1));
        Assert.Equal((19, 2_000_009), await At(-3));

        async Task<(long, long)> At(long timestamp)
        {
            var row = (await scope.LeaderAsync<ListOffsetsResponse>(topic, ApiKey.ListOffsets, Requests.ListOffsets(topic, 0, timestamp))).Topics[0].Partitions[0];
            Assert.Equal(ErrorCode.None, row.Error);
            return (row.Offset, row.Timestamp);
        }
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task One_bad_partition_of_a_produce_request_does_not_stop_the_others(string target)
    {
        await using var scope = await RawScope.OpenAsync(kafka, target);
        var topic = await scope.Kafka.CreateTopicAsync();
        var request = Requests.Produce(topic, 0, Requests.Batch(2));
        request.Topics[0].Partitions.Add(new() { Index = 77, Records = new MemoryRecords(Requests.Batch(2)) });
        var rows = (await scope.LeaderAsync<ProduceResponse>(topic, ApiKey.Produce, request)).Topics[0].Partitions.OrderBy(row => row.Index).ToList();
        Assert.Equal([ErrorCode.None, ErrorCode.UnknownTopicOrPartition], rows.Select(row => row.Error));
        Assert.Equal(-1, rows[1].BaseOffset);
    }
}
