using System.Buffers.Binary;
using System.IO.Compression;
using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Protocol;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Hostile;

public sealed class HostileInputTests(HostileFixture broker) : IClassFixture<HostileFixture>
{
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(100 * 1024 * 1024 + 1)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(0)]
    [InlineData(7)]
    public async Task A_length_no_request_has_closes_the_connection(int length)
    {
        using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
        var head = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(head, length);
        await client.WriteAsync(head, Token);
        await client.WriteAsync(new byte[64], Token);
        await client.WaitUntilClosedAsync(CloseLimit, Token);
        await broker.AssertHealthyAsync();
    }

    [Fact]
    public async Task Garbage_closes_the_connection()
    {
        var random = new Random(1);
        for (var n = 0; n < 100; n++)
        {
            using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
            var garbage = new byte[random.Next(20, 4_000)];
            random.NextBytes(garbage);
            // A length that fits, so that the rest is read as a request.
            if (n % 2 == 0) { BinaryPrimitives.WriteInt32BigEndian(garbage, garbage.Length - 4); }
            await TryWriteAsync(client, garbage);
            if (n % 2 == 0) { await client.WaitUntilClosedAsync(CloseLimit, Token); }
        }

        await broker.AssertHealthyAsync();
    }

    [Fact]
    public async Task Http_and_TLS_greetings_close_the_connection()
    {
        foreach (var greeting in (byte[][])["GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Convert.FromHexString("16030100C8010000C40303")])
        {
            using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
            await client.WriteAsync(greeting, Token);
            await client.WaitUntilClosedAsync(CloseLimit, Token);
        }

        await broker.AssertHealthyAsync();
    }

    [Fact]
    public async Task Mutated_requests_of_every_api_and_version_are_answered_or_closed()
    {
        var random = new Random(20261124);
        foreach (var api in ApiTable.All)
        {
            for (var version = api.MinServed; version <= api.MaxVersion; version++)
            {
                for (var n = 0; n < 12; n++)
                {
                    using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
                    using var writer = new WireWriter();
                    try
                    {
                        Frame.WriteRequest(writer, api, version, n, "hostile", Tame(MessageBody.Fill(api.NewRequest(), random)));
                    }
                    catch (Exception e) when (e is ProtocolException or ArgumentException or InvalidOperationException)
                    {
                        continue; // this version has no way to say these values
                    }

                    var frame = writer.Written.ToArray();
                    // The first is as written: any values, but a well-formed request.
                    for (var flips = n == 0 ? 0 : random.Next(1, 6); flips > 0; flips--) { frame[random.Next(12, frame.Length)] = (byte)random.Next(256); }
                    await TryWriteAsync(client, frame);
                    client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
                    await client.WaitUntilClosedAsync(TimeSpan.FromSeconds(40), Token);
                }
            }

            await broker.AssertHealthyAsync();
        }
    }

    [Fact]
    public async Task A_topic_of_millions_of_partitions_is_refused()
    {
        using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
        var response = await client.SendAsync<CreateTopicsResponse>(
            ApiKey.CreateTopics, 7, new CreateTopicsRequest { TimeoutMs = 10_000, Topics = [new() { Name = "millions", Partitions = 20_000_000, ReplicationFactor = 1 }] }, Token);
        Assert.NotEqual(ErrorCode.None, response.Topics[0].Error);
        await broker.AssertHealthyAsync();
    }

    [Fact]
    public async Task A_thousand_idle_connections_leave_room_for_a_healthy_client()
    {
        var idle = new List<RawClient>();
        try
        {
            for (var n = 0; n < 1_000; n++) { idle.Add(await RawClient.ConnectAsync(broker.Bootstrap, Token)); }
            await broker.AssertHealthyAsync();
            await idle[999].SendAsync<ApiVersionsResponse>(ApiKey.ApiVersions, 0, new ApiVersionsRequest(), Token);
            await idle[0].SendAsync<ApiVersionsResponse>(ApiKey.ApiVersions, 0, new ApiVersionsRequest(), Token);
        }
        finally
        {
            idle.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task Large_frames_that_are_only_announced_cost_no_memory()
    {
        var before = broker.Process.ResidentBytes;
        var half = new List<RawClient>();
        try
        {
            for (var n = 0; n < 200; n++)
            {
                var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
                half.Add(client);
                await client.WriteAsync(Convert.FromHexString("05F5E100" + "0000" + "0008" + "00000001"), Token);
            }

            await broker.AssertHealthyAsync();
            Assert.True(broker.Process.ResidentBytes - before < 200L << 20, $"{(broker.Process.ResidentBytes - before) >> 20} MiB for announced frames");
        }
        finally
        {
            half.ForEach(client => client.Dispose());
        }

        await broker.AssertHealthyAsync();
    }

    [Fact]
    public async Task A_request_that_arrives_byte_by_byte_is_answered()
    {
        using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
        using var writer = new WireWriter();
        Frame.WriteRequest(writer, ApiTable.Get(ApiKey.Metadata), 9, 5, "slow", new MetadataRequest { Topics = [new() { Name = "healthy" }] });
        foreach (var part in writer.Written.ToArray())
        {
            await client.WriteAsync(new[] { part }, Token);
            await Task.Yield();
        }

        Assert.Equal(5, Frame.ReadResponse(await client.ReadFrameAsync(Token), ApiTable.Get(ApiKey.Metadata), 9).CorrelationId);
    }

    [Fact]
    public async Task A_client_that_reads_nothing_holds_nobody_else_up_and_little_memory()
    {
        using var cluster = new RawCluster(broker.Bootstrap);
        await cluster.CreateTopicAsync("much", 1, [], Token);
        using var producer = await RawClient.ConnectAsync(broker.Bootstrap, Token);
        for (var n = 0; n < 50; n++)
        {
            await producer.SendAsync<ProduceResponse>(ApiKey.Produce, 8, Requests.Produce("much", 0, Requests.Batch(1, n, valueBytes: 900_000)), Token);
        }

        var deaf = new List<RawClient>();
        try
        {
            for (var n = 0; n < 30; n++)
            {
                var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
                client.Socket.ReceiveBufferSize = 4_096;
                deaf.Add(client);
                for (var request = 0; request < 20; request++)
                {
                    await client.WriteRequestAsync(ApiKey.Fetch, 12, Requests.Fetch("much", 0, 0, maxBytes: 50 << 20), Token);
                }
            }

            await broker.AssertHealthyAsync();
        }
        finally
        {
            deaf.ForEach(client => client.Dispose());
        }

        await broker.AssertHealthyAsync();
    }

    [Fact]
    public async Task A_batch_that_unpacks_to_gigabytes_is_refused()
    {
        using var cluster = new RawCluster(broker.Bootstrap);
        await cluster.CreateTopicAsync("compacted-bomb", 1, [("cleanup.policy", "compact"), ("max.message.bytes", "20000000")], Token);
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var n = 0; n < 2_000; n++) { await gzip.WriteAsync(zeros, Token); }
        }

        var batch = new byte[BatchLayout.Records + packed.Length];
        Requests.Batch(1).AsSpan(0, BatchLayout.Records).CopyTo(batch);
        packed.ToArray().CopyTo(batch, BatchLayout.Records);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.BatchLength), batch.Length - BatchLayout.LengthOverhead);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(BatchLayout.Attributes), (short)CompressionCodec.Gzip);
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchLayout.Crc), Crc32C.Compute(batch.AsSpan(BatchLayout.Attributes)));
        using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
        var response = await client.SendAsync<ProduceResponse>(ApiKey.Produce, 8, Requests.Produce("compacted-bomb", 0, batch), Token);
        Assert.NotEqual(ErrorCode.None, response.Topics[0].Partitions[0].Error);
        await broker.AssertHealthyAsync();
    }

    private static async Task TryWriteAsync(RawClient client, byte[] bytes)
    {
        try
        {
            await client.WriteAsync(bytes, Token);
        }
        catch (IOException)
        {
            // Closed while we were writing: that is an answer too.
        }
    }

    /// <summary>Keeps waits short, so that every request is over soon.</summary>
    private static IWireStruct Tame(IWireStruct request)
    {
        switch (request)
        {
            case FetchRequest fetch: fetch.MaxWaitMs = 10; break;
            case JoinGroupRequest join: join.RebalanceTimeoutMs = 10; break;
        }

        return request;
    }
}
