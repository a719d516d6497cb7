using System.Collections.Concurrent;
using Confluent.Kafka;

namespace HsStream.IntegrationTests.Broker.Confluent;

/// <summary>A consumer on its own thread that commits what it has processed whenever partitions leave it.</summary>
internal sealed class GroupMember
{
    private readonly IConsumer<string?, string?> _consumer;
    private readonly Task _loop;
    private readonly HashSet<TopicPartition> _assigned = [];
    private readonly bool _leaveOnStop;
    private volatile bool _stopping;

    /// <param name="leaveOnStop">False ends it without a LeaveGroup request only for static members, as their clients do.</param>
    public GroupMember(KafkaScope scope, string topic, string group, Action<ConsumerConfig>? configure = null, bool leaveOnStop = true)
    {
        _leaveOnStop = leaveOnStop;
        _consumer = scope.Consumer(
            config =>
            {
                config.GroupId = group;
                config.EnableAutoOffsetStore = false;
                config.SessionTimeoutMs = 10_000;
                config.HeartbeatIntervalMs = 500;
                configure?.Invoke(config);
            },
            builder => builder
                .SetPartitionsAssignedHandler((_, partitions) =>
                {
                    lock (_assigned) { _assigned.UnionWith(partitions); }
                    Events.Enqueue($"+{partitions.Count}");
                })
                .SetPartitionsRevokedHandler((consumer, partitions) =>
                {
                    if (partitions.Count > 0) { CommitStored(consumer); }
                    lock (_assigned) { _assigned.ExceptWith(partitions.Select(p => p.TopicPartition)); }
                    Events.Enqueue($"-{partitions.Count}");
                })
                .SetPartitionsLostHandler((_, partitions) =>
                {
                    lock (_assigned) { _assigned.ExceptWith(partitions.Select(p => p.TopicPartition)); }
                    Events.Enqueue($"lost {partitions.Count}");
                }));
        _consumer.Subscribe(topic);
        scope.StopFirst(StopAsync);
        _loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>"+n" and "-n" for assigned and revoked partitions, in order.</summary>
    public ConcurrentQueue<string> Events { get; } = new();

    public ConcurrentQueue<ConsumeResult<string?, string?>> Records { get; } = new();

    public Error? FatalError { get; private set; }

    public string MemberId => _consumer.MemberId;

    public IReadOnlyList<TopicPartition> Assigned
    {
        get
        {
            lock (_assigned) { return [.. _assigned.OrderBy(p => p.Partition.Value)]; }
        }
    }

    public async Task StopAsync()
    {
        _stopping = true;
        await _loop.WaitAsync(KafkaScope.Limit);
    }

    private static void CommitStored(IConsumer<string?, string?> consumer)
    {
        try
        {
            consumer.Commit();
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_NoOffset)
        {
            // Nothing new since the last commit.
        }
    }

    private void Run()
    {
        while (!_stopping)
        {
            try
            {
                if (_consumer.Consume(50) is not { IsPartitionEOF: false } result) { continue; }
                Records.Enqueue(result);
                _consumer.StoreOffset(result);
            }
            catch (KafkaException e) when (e.Error.IsFatal)
            {
                FatalError = e.Error;
                return;
            }
            catch (KafkaException)
            {
                // Passing trouble: the client goes on by itself.
            }
        }

        if (!_leaveOnStop) { CommitStored(_consumer); }
        _consumer.Close();
    }
}
