using System.Globalization;
using Confluent.Kafka;
using HsStream.IntegrationTests.Broker;
using HsStream.Streaming;
using HsStream.Streaming.Feeding;
using HsStream.Streaming.Processing;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;
using Xunit;

namespace HsStream.IntegrationTests.Streaming;

/// <summary>A store that keeps records and offsets together, fed by instances that come and go and by brokers that know no offsets.</summary>
public sealed class ManualOffsetTests(KafkaFixture fixture)
{
    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Every_record_is_stored_once_over_restarts_rebalances_and_outages(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target, partitions: 4);
        var store = new Store();
        await scope.ProduceAsync(400);
        await using (Start(scope, store)) { await KafkaScope.WaitForAsync(() => store.Count >= 400, "the first records"); }

        // After a restart the positions are the store's; the group has none.
        await using var first = Start(scope, store);
        await scope.ProduceAsync(400, first: 400);
        await KafkaScope.WaitForAsync(() => store.Count >= 500, "the second records");
        await using var second = Start(scope, store);
        await scope.ProduceAsync(400, first: 800);
        await KafkaScope.WaitForAsync(() => store.Count >= 900, "the third records");
        store.IsAway = true;
        await scope.ProduceAsync(400, first: 1200);
        await KafkaScope.WaitForAsync(() => store.Refusals > 3, "the outage to be noticed");
        store.IsAway = false;

        await KafkaScope.WaitForAsync(() => store.Count >= 1600, "all records");
        Assert.Equal(Enumerable.Range(0, 1600), store.Values.Order());
        Assert.Equal(0, store.Gaps);
        Assert.True(first.IsRunning && second.IsRunning);
    }

    [Theory]
    [MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task When_the_store_is_further_the_consumer_follows_it(string target)
    {
        await using var scope = await StreamingScope.OpenAsync(fixture, target);
        var store = new Store();
        await scope.ProduceAsync(10);
        await using var consumer = Start(scope, store);
        await KafkaScope.WaitForAsync(() => store.Count == 10, "the first records");
        // Somebody else has stored the next ten.
        store.Skip(new TopicPartition(scope.Input, 0), 10);

        await scope.ProduceAsync(20, first: 10);

        await KafkaScope.WaitForAsync(() => store.Count >= 20, "the rest");
        Assert.Equal([.. Enumerable.Range(0, 10), .. Enumerable.Range(20, 10)], store.Values.Order());
        Assert.True(scope.Counted("hsstream_processor_transactions_total", ("result", "aborted")) >= 1);
    }

    private static RunningConsumer Start(StreamingScope scope, Store store) => new(new ManualOffsetConsumer(
        scope.Settings,
        new ManualOffsetOptions { Stage = "ledger", GroupId = scope.Group, InputTopics = [scope.Input], MaxBatchRecords = 37, SessionTimeout = TimeSpan.FromSeconds(6), Backoff = TimeSpan.FromMilliseconds(20) },
        store, new StreamingMetrics(Metrics.WithCustomRegistry(scope.Registry)), NullLoggerFactory.Instance, TimeProvider.System));

    /// <summary>One database: what is written is written by one batch at a time, whole.</summary>
    private sealed class Store : IOffsetBatchHandler
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<TopicPartition, long> _next = [];
        private readonly List<int> _values = [];

        public bool IsAway { get; set; }

        public int Refusals { get; private set; }

        public int Gaps { get; private set; }

        public int Count
        {
            get { lock (_gate) { return _values.Count; } }
        }

        public List<int> Values
        {
            get { lock (_gate) { return [.. _values]; } }
        }

        public void Skip(TopicPartition partition, int records)
        {
            lock (_gate) { _next[partition] += records; }
        }

        public Task<IReadOnlyDictionary<TopicPartition, long>> LoadOffsetsAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                if (IsAway) { throw Refuse(); }
                return Task.FromResult<IReadOnlyDictionary<TopicPartition, long>>(_next.Where(pair => partitions.Contains(pair.Key)).ToDictionary());
            }
        }

        public Task HandleAsync(IReadOnlyList<InputRecord> batch, CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                if (IsAway) { throw Refuse(); }
                foreach (var partition in batch.GroupBy(record => new TopicPartition(record.Topic, record.Position.Partition)))
                {
                    var offsets = partition.Select(record => record.Position.Offset).ToList();
                    if (_next.GetValueOrDefault(partition.Key) > offsets[0]) { throw new StaleOffsetsException($"{partition.Key} is at {_next[partition.Key]}"); }
                    if (_next.GetValueOrDefault(partition.Key) < offsets[0]) { Gaps++; }
                }

                foreach (var record in batch)
                {
                    _next[new TopicPartition(record.Topic, record.Position.Partition)] = record.Position.Offset + 1;
                    _values.Add(int.Parse(record.Value, CultureInfo.InvariantCulture));
                }
            }

            return Task.CompletedTask;
        }

        private TimeoutException Refuse()
        {
            Refusals++;
            return new TimeoutException("The store is away.");
        }
    }

    private sealed class RunningConsumer : IAsyncDisposable
    {
        private readonly ManualOffsetConsumer _consumer;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _task;

        public RunningConsumer(ManualOffsetConsumer consumer)
        {
            _consumer = consumer;
            _task = Task.Run(() => consumer.RunAsync(_stop.Token));
        }

        public bool IsRunning => !_task.IsCompleted;

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _task.WaitAsync(KafkaScope.Limit);
            _consumer.Dispose();
            _stop.Dispose();
        }
    }
}
