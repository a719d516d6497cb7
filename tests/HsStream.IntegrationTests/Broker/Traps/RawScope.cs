using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.IntegrationTests.Broker.Traps;

/// <summary>A test's topics and raw connections.</summary>
internal sealed class RawScope(KafkaScope scope) : IAsyncDisposable
{
    private readonly RawCluster _cluster = new(scope.Bootstrap);

    public KafkaScope Kafka => scope;

    public CancellationToken Token => scope.Token;

    public static async Task<RawScope> OpenAsync(KafkaFixture kafka, string target) => new(await kafka.OpenAsync(target));

    public string NewName(string what) => scope.NewName(what);

    /// <summary>A connection of its own.</summary>
    public Task<RawClient> ConnectAsync() => RawClient.ConnectAsync(scope.Bootstrap, scope.Token);

    public async Task<TResponse> AnyAsync<TResponse>(ApiKey key, IWireStruct request, short? version = null)
        where TResponse : IWireStruct =>
        await (await _cluster.AnyAsync("any", Token)).SendAsync<TResponse>(key, version, request, Token);

    public async Task<TResponse> LeaderAsync<TResponse>(string topic, ApiKey key, IWireStruct request, short? version = null, int partition = 0)
        where TResponse : IWireStruct =>
        await (await _cluster.LeaderAsync("leader", topic, partition, Token)).SendAsync<TResponse>(key, version, request, Token);

    public Task<TResponse> GroupAsync<TResponse>(string group, ApiKey key, IWireStruct request, short? version = null, string lane = "group")
        where TResponse : IWireStruct =>
        CoordinatorAsync<TResponse>(group, 0, key, request, version, lane);

    public Task<TResponse> TransactionAsync<TResponse>(string transactionalId, ApiKey key, IWireStruct request, short? version = null)
        where TResponse : IWireStruct =>
        CoordinatorAsync<TResponse>(transactionalId, 1, key, request, version, "transaction");

    public async Task<ProduceResponse.PartitionResult> ProduceAsync(string topic, byte[] batch, short? version = null, short acks = -1, string? transactionalId = null) =>
        (await LeaderAsync<ProduceResponse>(topic, ApiKey.Produce, Requests.Produce(topic, 0, batch, acks, transactionalId), version)).Topics[0].Partitions[0];

    /// <summary>In version 12, the newest that names topics.</summary>
    public async Task<FetchResponse> FetchAsync(string topic, long offset, sbyte isolation = 0, short version = 12, int maxBytes = 1 << 20) =>
        await LeaderAsync<FetchResponse>(topic, ApiKey.Fetch, Requests.Fetch(topic, 0, offset, isolation, maxBytes: maxBytes), version);

    public async Task<long> EndAsync(string topic, sbyte isolation = 0) =>
        (await LeaderAsync<ListOffsetsResponse>(topic, ApiKey.ListOffsets, Requests.ListOffsets(topic, 0, -1, isolation))).Topics[0].Partitions[0].Offset;

    public async Task<InitProducerIdResponse> InitProducerAsync(string? transactionalId, int timeoutMs = 60_000, long producerId = -1, short epoch = -1)
    {
        var request = new InitProducerIdRequest { TransactionalId = transactionalId, TransactionTimeoutMs = timeoutMs, ProducerId = producerId, ProducerEpoch = epoch };
        InitProducerIdResponse? response = null;
        await RawCluster.SettleAsync(
            async () =>
            {
                response = transactionalId is null
                    ? await AnyAsync<InitProducerIdResponse>(ApiKey.InitProducerId, request)
                    : await TransactionAsync<InitProducerIdResponse>(transactionalId, ApiKey.InitProducerId, request);
                return response.Error is not (ErrorCode.ConcurrentTransactions or ErrorCode.CoordinatorLoadInProgress or ErrorCode.NotCoordinator);
            },
            "a producer id",
            Token);
        return response!;
    }

    public async ValueTask DisposeAsync()
    {
        _cluster.Dispose();
        await scope.DisposeAsync();
    }

    private async Task<TResponse> CoordinatorAsync<TResponse>(string key, sbyte keyType, ApiKey api, IWireStruct request, short? version, string lane)
        where TResponse : IWireStruct =>
        await (await _cluster.CoordinatorAsync(lane, key, keyType, Token)).SendAsync<TResponse>(api, version, request, Token);
}
