using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;
using HsStream.Streaming.Processing;
using Microsoft.Extensions.Logging;

namespace HsStream.Streaming.Feeding;

/// <summary>Polls a group's records into a buffer on a thread of its own, so that slow work never costs the membership.</summary>
/// <remarks>
/// When the buffer is full the thread waits, then pauses the partitions and goes on polling. All rebalance callbacks run on it, and
/// so do seeks: no record of before a seek can be buffered after it.
/// </remarks>
internal sealed class PartitionFeed : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PatienceBeforePause = TimeSpan.FromMilliseconds(200);

    private readonly IConsumer<byte[]?, byte[]?> _consumer;
    private readonly FeedOptions _options;
    private readonly IFeedListener _listener;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Where work was last settled, or where the partition began; where to start, for the polling thread to seek to.
    private readonly ConcurrentDictionary<TopicPartition, long> _settled = new();
    private readonly ConcurrentDictionary<TopicPartition, long> _starts = new();
    private readonly ConcurrentDictionary<TopicPartition, bool> _owned = new();

    // Partitions that stand where nobody wants them yet: what comes from them is dropped.
    private readonly HashSet<TopicPartition> _awaited = [];
    private volatile bool _isStopping;
    private bool _isPaused;
    private bool _hasNewPartitions;
    private Exception? _fatal;

    public PartitionFeed(KafkaSettings settings, FeedOptions options, IFeedListener listener, Action onAdded, Action<string>? onStatistics, ILogger logger, TimeProvider time)
    {
        _options = options;
        _listener = listener;
        _logger = logger;
        _time = time;
        Buffer = new RecordBuffer(options.MaxQueuedRecords, options.MaxQueuedBytes, onAdded);
        var config = ClientConfigs.Consumer(settings, options.GroupId, options.Name);
        config.SessionTimeoutMs = (int)options.SessionTimeout.TotalMilliseconds;
        config.HeartbeatIntervalMs = Math.Clamp((int)options.SessionTimeout.TotalMilliseconds / 10, 500, 3_000);
        config.QueuedMaxMessagesKbytes = (int)Math.Max(64, options.MaxQueuedBytes / 1024);
        config.MaxPartitionFetchBytes = (int)Math.Clamp(options.MaxQueuedBytes / 4, 1 << 16, 1 << 20);
        if (onStatistics is not null) { config.StatisticsIntervalMs = 5_000; }
        ClientConfigs.Override(config, settings);
        var builder = new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetKeyDeserializer(NullableBytes.Instance).SetValueDeserializer(NullableBytes.Instance)
            .SetLogHandler((_, message) => logger.Client(message))
            .SetErrorHandler((_, error) => Failed(error))
            .SetPartitionsAssignedHandler((_, added) => OnAssigned(added))
            .SetPartitionsRevokedHandler((_, removed) => OnRevoked(removed))
            .SetPartitionsLostHandler((_, removed) => OnLost(removed));
        if (onStatistics is not null) { builder.SetStatisticsHandler((_, json) => onStatistics(json)); }
        _consumer = builder.Build();
    }

    public RecordBuffer Buffer { get; }

    /// <summary>Ends when the consumer has left the group; fails when the client can never go on.</summary>
    public Task Ended => _ended.Task;

    /// <summary>For the offsets of a transaction; null when this consumer is no member.</summary>
    public IConsumerGroupMetadata? GroupMetadata => string.IsNullOrEmpty(_consumer.MemberId) ? null : _consumer.ConsumerGroupMetadata;

    public IReadOnlyCollection<TopicPartition> Owned => _owned.Keys.ToList();

    public void Start() => new Thread(Run) { IsBackground = true, Name = $"poll {_options.Name}" }.Start();

    /// <summary>Stops polling and leaves the group. Takes effect at the next tick; <see cref="Ended"/> tells when.</summary>
    public void Stop() => _isStopping = true;

    /// <summary>The offset up to which a partition's work is done for good.</summary>
    public void Settled(TopicPartition partition, long next)
    {
        if (_owned.ContainsKey(partition)) { _settled[partition] = next; }
    }

    /// <summary>Drops everything unsettled and reads it again. Work in hand belongs to an old epoch from now on.</summary>
    public void Rewind() => Buffer.Invalidate();

    /// <summary>For a partition whose position is kept elsewhere: where to read on. Takes effect at the next tick.</summary>
    public void StartAt(TopicPartition partition, long offset) => _starts[partition] = offset;

    public void Dispose()
    {
        _consumer.Dispose();
        Buffer.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "The edge of a thread; what was thrown is the outcome of Ended.")]
    private void Run()
    {
        try
        {
            _consumer.Subscribe(_options.Topics);
            while (!_isStopping && _fatal is null) { Poll(); }
            Buffer.Invalidate();
            _consumer.Close();
            if (_fatal is null) { _ended.TrySetResult(); } else { _ended.TrySetException(_fatal); }
        }
        catch (Exception e)
        {
            // The edge of this thread: whoever works with the feed decides what becomes of the records.
            _ended.TrySetException(_fatal ?? new ProcessorFatalException($"The consumer of group {_options.GroupId} ended: {e.Message}", e));
        }
    }

    private void Poll()
    {
        if (Buffer.IsClosed) { SeekBack(); }
        if (!_starts.IsEmpty) { SeekStarts(); }
        if (_isPaused)
        {
            if (Buffer.HasRoomAgain) { Resume(); } else if (_hasNewPartitions) { Pause(); }
        }
        else if (Buffer.IsFull && !Buffer.WaitForRoom(PatienceBeforePause))
        {
            Pause();
        }

        ConsumeResult<byte[]?, byte[]?>? result;
        try
        {
            result = _consumer.Consume(Tick);
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            // Such as a topic that does not exist yet: the client tries again by itself.
            _logger.ConsumeFailed(e.Error.Code.ToString());
            Thread.Sleep(Tick);
            return;
        }
        catch (KafkaException e) when (e.Error.IsFatal)
        {
            Failed(e.Error);
            return;
        }

        if (result is null) { return; }
        var partition = result.TopicPartition;
        if (_awaited.Contains(partition)) { return; }
        _settled.TryAdd(partition, result.Offset.Value);
        Buffer.Add(new InputRecord(result, _time.GetTimestamp()));
    }

    /// <summary>Reads again from where work was last settled. Nothing of before is added after this: the same thread adds.</summary>
    private void SeekBack()
    {
        Buffer.Reopen();
        foreach (var partition in _owned.Keys)
        {
            if (_options.PositionsAreElsewhere) { _awaited.Add(partition); }
            else if (_settled.TryGetValue(partition, out var offset)) { Seek(partition, offset); }
        }
    }

    private void SeekStarts()
    {
        foreach (var (partition, offset) in _starts.ToArray())
        {
            if (_starts.TryRemove(new(partition, offset)) && _owned.ContainsKey(partition)) { Seek(partition, offset); }
        }
    }

    private void Seek(TopicPartition partition, long offset)
    {
        try
        {
            _consumer.Seek(new TopicPartitionOffset(partition, offset));
            _awaited.Remove(partition);
            _settled[partition] = offset;
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            // Its fetcher is not running yet. Until the seek succeeds, what comes from the partition is dropped.
            _awaited.Add(partition);
            _starts.TryAdd(partition, offset);
        }
    }

    private void Pause()
    {
        _isPaused = true;
        _hasNewPartitions = false;
        _consumer.Pause(_consumer.Assignment);
    }

    private void Resume()
    {
        _isPaused = false;
        _consumer.Resume(_consumer.Assignment);
    }

    private void OnAssigned(List<TopicPartition> added)
    {
        foreach (var partition in added)
        {
            _settled.TryRemove(partition, out _);
            _owned[partition] = true;
            _hasNewPartitions = true;
            if (_options.PositionsAreElsewhere) { _awaited.Add(partition); }
        }

        _logger.PartitionsAssigned(_options.GroupId, string.Join(", ", added));
        _listener.Assigned(added);
    }

    private void OnRevoked(List<TopicPartitionOffset> removed) => Remove(removed, _listener.Revoking, isLost: false);

    private void OnLost(List<TopicPartitionOffset> removed) => Remove(removed, _listener.Lost, isLost: true);

    private void Remove(List<TopicPartitionOffset> removed, Action<IReadOnlyList<TopicPartition>> listen, bool isLost)
    {
        var partitions = removed.ConvertAll(one => one.TopicPartition);
        _logger.PartitionsRemoved(_options.GroupId, isLost ? "lost" : "revoked", string.Join(", ", partitions));
        Buffer.Drop(partitions);
        listen(partitions);
        foreach (var partition in partitions)
        {
            _owned.TryRemove(partition, out _);
            _settled.TryRemove(partition, out _);
            _starts.TryRemove(partition, out _);
            _awaited.Remove(partition);
        }
    }

    private void Failed(Error error)
    {
        _logger.Client(error);
        if (error.IsFatal) { _fatal ??= new ProcessorFatalException($"The consumer of group {_options.GroupId} failed for good: {error.Code}, {error.Reason}"); }
    }
}
