using System.Text;
using Confluent.Kafka;
using HsStream.Domain.Messages;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Feeding;
using Microsoft.Extensions.Logging;

namespace HsStream.Streaming.Following;

/// <param name="Message">Null: the key was deleted.</param>
public sealed record FollowedChange<T>(string Key, T? Message, RecordPosition Position, DateTimeOffset Timestamp)
    where T : class;

/// <summary>Reads a compacted topic from its beginning, tells when it has caught up, and then follows it.</summary>
/// <remarks>
/// Without a group: every instance reads everything, committed records only. Outages of brokers and registry are waited out.
/// Records that can never be read are skipped, logged and counted. A change may be told again after the topic was made anew.
/// </remarks>
public sealed class CompactedFollower<T>
    where T : class
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly KafkaSettings _settings;
    private readonly string _topic;
    private readonly MessageCodec<T> _codec;
    private readonly ILogger _logger;
    private readonly StreamingMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CompactedFollower(KafkaSettings settings, string topic, MessageCodec<T> codec, StreamingMetrics metrics, ILoggerFactory loggers, TimeProvider time)
    {
        _settings = settings;
        _topic = topic;
        _codec = codec;
        _metrics = metrics;
        _logger = loggers.CreateLogger<CompactedFollower<T>>();
        _time = time;
    }

    /// <summary>Ends when everything that stood in the topic at the start has been told. It may end long after, while brokers are away.</summary>
    public Task CaughtUp => _caughtUp.Task;

    /// <param name="onChange">Called for one change after the other, in offset order; what it throws ends the following.</param>
    /// <returns>When cancelled.</returns>
    public Task RunAsync(Func<FollowedChange<T>, CancellationToken, ValueTask> onChange, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(() => FollowAsync(onChange, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

    private async Task FollowAsync(Func<FollowedChange<T>, CancellationToken, ValueTask> onChange, CancellationToken cancellationToken)
    {
        var config = ClientConfigs.Consumer(_settings, $"{_settings.ClientId}-follower-{Guid.NewGuid():N}", $"follow-{_topic}");
        config.EnablePartitionEof = true;
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetKeyDeserializer(NullableBytes.Instance).SetValueDeserializer(NullableBytes.Instance)
            .SetLogHandler((_, message) => _logger.Client(message)).SetErrorHandler((_, error) => _logger.Client(error)).Build();
        try
        {
            var open = await AssignAllAsync(consumer, cancellationToken);
            while (!cancellationToken.IsCancellationRequested)
            {
                if (Consume(consumer, cancellationToken) is not { } result) { continue; }
                if (result.IsPartitionEOF)
                {
                    open.Remove(result.Partition.Value);
                    if (open.Count == 0) { _caughtUp.TrySetResult(); }
                    continue;
                }

                if (await ReadAsync(result, cancellationToken) is { } change) { await onChange(change, cancellationToken); }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
        finally
        {
            _caughtUp.TrySetCanceled(CancellationToken.None);
            consumer.Close();
        }
    }

    private async Task<HashSet<int>> AssignAllAsync(IConsumer<byte[]?, byte[]?> consumer, CancellationToken cancellationToken)
    {
        using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        while (true)
        {
            try
            {
                if (admin.GetMetadata(_topic, TimeSpan.FromSeconds(5)).Topics is [{ Error.Code: ErrorCode.NoError, Partitions: { Count: > 0 } partitions }])
                {
                    consumer.Assign(partitions.Select(partition => new TopicPartitionOffset(_topic, partition.PartitionId, Offset.Beginning)));
                    return partitions.Select(partition => partition.PartitionId).ToHashSet();
                }
            }
            catch (KafkaException e) when (!e.Error.IsFatal)
            {
                _logger.ConsumeFailed(e.Error.Code.ToString());
            }

            // The cluster is away, or the topic is about to be created.
            await Task.Delay(Tick, _time, cancellationToken);
        }
    }

    private ConsumeResult<byte[]?, byte[]?>? Consume(IConsumer<byte[]?, byte[]?> consumer, CancellationToken cancellationToken)
    {
        try
        {
            return consumer.Consume(Tick);
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            _logger.ConsumeFailed(e.Error.Code.ToString());
            cancellationToken.WaitHandle.WaitOne(Tick);
            return null;
        }
    }

    private async ValueTask<FollowedChange<T>?> ReadAsync(ConsumeResult<byte[]?, byte[]?> result, CancellationToken cancellationToken)
    {
        var record = new Processing.InputRecord(result, _time.GetTimestamp());
        try
        {
            if (record.Key is null) { throw new RecordException(DeadLetterReasons.KeyMismatch, "expected a key, got none"); }
            var message = record.Value is null ? null : await _codec.DecodeAsync(record, cancellationToken);
            return new FollowedChange<T>(Encoding.UTF8.GetString(record.Key), message, record.Position, record.Timestamp);
        }
        catch (RecordException e)
        {
            _metrics.Skipped.WithLabels(_topic, e.Reason).Inc();
            _logger.FollowedRecordSkipped(record.Topic, record.Position.Partition, record.Position.Offset, e.Reason);
            return null;
        }
    }
}
