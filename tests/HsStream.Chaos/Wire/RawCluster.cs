using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Chaos.Wire;

/// <summary>Finds leaders and coordinators, so that raw requests also work against a cluster of several brokers.</summary>
/// <remarks>
/// A lane is a name for a connection: requests of different lanes may wait at the same time, as those of different clients do.
/// Not for concurrent use, except that sends on different lanes may overlap.
/// </remarks>
internal sealed class RawCluster(string bootstrap) : IDisposable
{
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SettlePause = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<(string Lane, string Address), RawClient> _connections = [];
    private readonly Dictionary<string, Task<string>> _coordinators = [];
    private readonly SemaphoreSlim _lock = new(1, 1);

    public string Bootstrap => bootstrap;

    public async Task<RawClient> AnyAsync(string lane, CancellationToken cancellationToken) => await ConnectAsync(lane, bootstrap, cancellationToken);

    /// <summary>The connection to a partition's leader; the bootstrap address when there is no such partition.</summary>
    public async Task<RawClient> LeaderAsync(string lane, string topic, int partition, CancellationToken cancellationToken)
    {
        var metadata = await MetadataAsync(topic, cancellationToken);
        var leader = metadata.Topics[0].Partitions.FirstOrDefault(row => row.Partition == partition)?.LeaderId ?? -1;
        var node = metadata.Brokers.FirstOrDefault(broker => broker.NodeId == leader);
        return await ConnectAsync(lane, node is null ? bootstrap : $"{node.Host}:{node.Port}", cancellationToken);
    }

    /// <summary>The connection to the coordinator of a group (0) or transactional id (1).</summary>
    public async Task<RawClient> CoordinatorAsync(string lane, string key, sbyte keyType, CancellationToken cancellationToken)
    {
        if (key.Length == 0) { return await AnyAsync(lane, cancellationToken); }
        if (!_coordinators.TryGetValue($"{keyType}{key}", out var address))
        {
            _coordinators[$"{keyType}{key}"] = address = FindCoordinatorAsync(key, keyType, cancellationToken);
        }

        return await ConnectAsync(lane, await address, cancellationToken);
    }

    public async Task<MetadataResponse> MetadataAsync(string topic, CancellationToken cancellationToken)
    {
        var any = await AnyAsync("metadata", cancellationToken);
        return await any.SendAsync<MetadataResponse>(
            ApiKey.Metadata, 9, new MetadataRequest { Topics = [new() { Name = topic }], AllowAutoTopicCreation = false }, cancellationToken);
    }

    /// <summary>Creates a topic with the cluster's own replication factor and waits until every partition has a leader that answers.</summary>
    public async Task CreateTopicAsync(string topic, int partitions, IEnumerable<(string Name, string Value)> configs, CancellationToken cancellationToken)
    {
        var any = await AnyAsync("admin", cancellationToken);
        var request = new CreateTopicsRequest { TimeoutMs = 30_000 };
        var row = new CreateTopicsRequest.TopicData { Name = topic, Partitions = partitions, ReplicationFactor = -1 };
        row.Configs.AddRange(configs.Select(config => new CreateTopicsRequest.Config { Name = config.Name, Value = config.Value }));

        // The scripts write records with old timestamps, which retention would take away in the middle of a run.
        if (row.Configs.TrueForAll(config => config.Name != "retention.ms")) { row.Configs.Add(new CreateTopicsRequest.Config { Name = "retention.ms", Value = "-1" }); }
        request.Topics.Add(row);
        var response = await any.SendAsync<CreateTopicsResponse>(ApiKey.CreateTopics, null, request, cancellationToken);
        if (response.Topics[0].Error != ErrorCode.None)
        {
            throw new InvalidOperationException($"Could not create {topic}: {response.Topics[0].Error} {response.Topics[0].ErrorMessage}");
        }

        await WaitForLeadersAsync(topic, partitions, cancellationToken);
    }

    public async Task WaitForLeadersAsync(string topic, int partitions, CancellationToken cancellationToken)
    {
        await SettleAsync(
            async () =>
            {
                var metadata = await MetadataAsync(topic, cancellationToken);
                if (metadata.Topics[0].Partitions.Count < partitions || metadata.Topics[0].Partitions.Exists(row => row.Error != ErrorCode.None)) { return false; }
                for (var partition = 0; partition < partitions; partition++)
                {
                    var leader = await LeaderAsync("metadata", topic, partition, cancellationToken);
                    var request = new ListOffsetsRequest { Topics = [new() { Name = topic, Partitions = [new() { Partition = partition, Timestamp = -1 }] }] };
                    var offsets = await leader.SendAsync<ListOffsetsResponse>(ApiKey.ListOffsets, null, request, cancellationToken);
                    if (offsets.Topics[0].Partitions[0].Error != ErrorCode.None) { return false; }
                }

                return true;
            },
            $"the leaders of {topic}",
            cancellationToken);
    }

    public async Task DeleteTopicAsync(string topic, CancellationToken cancellationToken)
    {
        var any = await AnyAsync("admin", cancellationToken);
        await any.SendAsync<DeleteTopicsResponse>(
            ApiKey.DeleteTopics, 5, new DeleteTopicsRequest { Topics = [new() { Name = topic }], TimeoutMs = 30_000 }, cancellationToken);
    }

    /// <summary>Tries until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not within a minute.</exception>
    public static async Task SettleAsync(Func<Task<bool>> condition, string what, CancellationToken cancellationToken)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > SettleLimit) { throw new TimeoutException($"Waited {SettleLimit} for {what}."); }
            await Task.Delay(SettlePause, cancellationToken);
        }
    }

    /// <summary>Closes a lane's connections, as a client that ends without a word.</summary>
    public void Drop(string lane)
    {
        foreach (var key in _connections.Keys.Where(key => key.Lane == lane).ToList())
        {
            _connections[key].Dispose();
            _connections.Remove(key);
        }
    }

    public void Dispose()
    {
        foreach (var connection in _connections.Values) { connection.Dispose(); }
        _connections.Clear();
        _lock.Dispose();
    }

    private async Task<string> FindCoordinatorAsync(string key, sbyte keyType, CancellationToken cancellationToken)
    {
        var found = string.Empty;
        await SettleAsync(
            async () =>
            {
                var any = await AnyAsync("metadata", cancellationToken);
                var response = await any.SendAsync<FindCoordinatorResponse>(
                    ApiKey.FindCoordinator, 3, new FindCoordinatorRequest { Key = key, KeyType = keyType }, cancellationToken);
                found = $"{response.Host}:{response.Port}";
                return response.Error == ErrorCode.None;
            },
            $"the coordinator of {key}",
            cancellationToken);
        return found;
    }

    private async Task<RawClient> ConnectAsync(string lane, string address, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken);
        try
        {
            if (_connections.TryGetValue((lane, address), out var open)) { return open; }
            var client = await RawClient.ConnectAsync(address, cancellationToken);
            client.ClientId = lane;
            return _connections[(lane, address)] = client;
        }
        finally
        {
            _lock.Release();
        }
    }
}
