using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using HsStream.IntegrationTests.Broker;
using HsStream.Streaming;
using HsStream.Streaming.Processing;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;
using Xunit;

namespace HsStream.IntegrationTests.Streaming;

/// <summary>Topics, processors and their outcome of one test.</summary>
internal sealed class StreamingScope(KafkaScope kafka) : IAsyncDisposable
{
    private readonly List<RunningProcessor> _running = [];

    public KafkaScope Kafka { get; } = kafka;

    public KafkaSettings Settings { get; } = new() { BootstrapServers = kafka.Bootstrap, SchemaRegistryUrl = "http://127.0.0.1:1" };

    public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

    public string Input { get; private set; } = "";

    public string Output { get; private set; } = "";

    public string DeadLetters { get; private set; } = "";

    public string Group { get; } = kafka.NewName("group");

    public static async Task<StreamingScope> OpenAsync(KafkaFixture fixture, string target, int partitions = 1)
    {
        var scope = new StreamingScope(await fixture.OpenAsync(target));
        scope.Input = await scope.Kafka.CreateTopicAsync(partitions);
        scope.Output = await scope.Kafka.CreateTopicAsync(partitions);
        scope.DeadLetters = await scope.Kafka.CreateTopicAsync();
        return scope;
    }

    public ProcessorOptions Options(string worker = "a", Action<ProcessorOptions>? configure = null)
    {
        var options = new ProcessorOptions
        {
            Stage = "scorer",
            GroupId = Group,
            TransactionalId = $"{Group}-{worker}",
            InputTopics = [Input],
            DeadLetterTopic = DeadLetters,
            MaxBatchRecords = 50,
            SessionTimeout = TimeSpan.FromSeconds(6),
            DrainTimeout = TimeSpan.FromSeconds(5),
        };
        configure?.Invoke(options);
        return options;
    }

    public RunningProcessor Start(IRecordHandler handler, ProcessorOptions? options = null, LoopProbe? probe = null)
    {
        var processor = new TransactionalProcessor(
            Settings, options ?? Options(), handler, new StreamingMetrics(Metrics.WithCustomRegistry(Registry)), NullLoggerFactory.Instance, TimeProvider.System, probe);
        return Keep(processor);
    }

    public RunningProcessor Keep(TransactionalProcessor processor)
    {
        var running = new RunningProcessor(processor);
        _running.Add(running);
        return running;
    }

    /// <summary>Copies each record, and tells in a header where it stood.</summary>
    public CopyHandler Copy() => new(Output);

    /// <summary>Produces "k0", "k1", ... each with its number, a key's numbers rising.</summary>
    public async Task ProduceAsync(int count, int keys = 7, int first = 0)
    {
        using var producer = Kafka.NewProducer(config => config.LingerMs = 20);
        var sent = Enumerable.Range(first, count)
            .Select(n => producer.ProduceAsync(Input, new Message<string?, string?> { Key = $"k{n % keys}", Value = n.ToString(CultureInfo.InvariantCulture) }, Kafka.Token)).ToList();
        await Task.WhenAll(sent);
    }

    /// <summary>Waits until so many records can be read in a topic, then reads them.</summary>
    public async Task<List<ConsumeResult<string?, string?>>> ReadAsync(string topic, int count)
    {
        List<ConsumeResult<string?, string?>> records = [];
        await KafkaScope.WaitForAsync(() => Ends(topic) >= count && (records = Kafka.ReadAll(topic)).Count >= count, $"{count} records in {topic}, {_running.Count(one => one.Task.IsFaulted)} processors failed");
        return records;
    }

    /// <summary>The promise: every input once, and the numbers of each key in their order.</summary>
    public async Task AssertExactlyOnceAsync(int count)
    {
        var values = (await ReadAsync(Output, count)).Select(record => (record.Message.Key, Number: int.Parse(record.Message.Value!, CultureInfo.InvariantCulture), record.Partition)).ToList();
        Assert.Equal(Enumerable.Range(0, count), values.Select(value => value.Number).Order());
        foreach (var key in values.GroupBy(value => value.Key)) { Assert.Equal(key.Select(value => value.Number).Order(), key.Select(value => value.Number)); }
    }

    public double Counted(string name, params (string Label, string Value)[] labels)
    {
        using var stream = new MemoryStream();
        Registry.CollectAndExportAsTextAsync(stream, Kafka.Token).GetAwaiter().GetResult();
        var lines = Encoding.UTF8.GetString(stream.ToArray()).Split('\n').Where(line => line.StartsWith(name, StringComparison.Ordinal) && labels.All(label => line.Contains($"{label.Label}=\"{label.Value}\"", StringComparison.Ordinal)));
        return lines.Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _running) { await one.DisposeAsync(); }
        await Kafka.DisposeAsync();
    }

    private long Ends(string topic)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = Kafka.Bootstrap, GroupId = Group + "-ends" }).SetLogHandler((_, _) => { }).Build();
        return Kafka.Admin.GetMetadata(topic, TimeSpan.FromSeconds(10)).Topics[0].Partitions
            .Sum(partition => consumer.QueryWatermarkOffsets(new TopicPartition(topic, partition.PartitionId), TimeSpan.FromSeconds(10)).High.Value);
    }
}

/// <summary>A processor with its end.</summary>
internal sealed class RunningProcessor : IAsyncDisposable
{
    private readonly TransactionalProcessor _processor;
    private readonly CancellationTokenSource _stop = new();
    private bool _isDisposed;

    public RunningProcessor(TransactionalProcessor processor)
    {
        _processor = processor;
        Task = System.Threading.Tasks.Task.Run(() => processor.RunAsync(_stop.Token));
    }

    public Task Task { get; }

    public bool IsReady => _processor.IsReady;

    public void Stop() => _stop.Cancel();

    /// <returns>When it has ended by itself or by <see cref="Stop"/>; its failure is thrown.</returns>
    public Task EndAsync() => Task.WaitAsync(KafkaScope.Limit);

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) { return; }
        _isDisposed = true;
        await _stop.CancelAsync();
        await Task.ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(KafkaScope.Limit);
        _processor.Dispose();
        _stop.Dispose();
    }
}

internal sealed class CopyHandler(string output) : IRecordHandler
{
    public ConcurrentQueue<int> Batches { get; } = new();

    /// <summary>Called with each batch before it is copied.</summary>
    public Func<IReadOnlyList<InputRecord>, CancellationToken, Task>? Before { get; init; }

    public async Task HandleAsync(IReadOnlyList<InputRecord> batch, IOutputs outputs, CancellationToken cancellationToken)
    {
        Batches.Enqueue(batch.Count);
        if (Before is { } before) { await before(batch, cancellationToken); }
        foreach (var record in batch) { outputs.Produce(new OutputRecord(output, record.Key, record.Value, new Headers { { "from", Encoding.UTF8.GetBytes(record.Position.ToString()) } }), record); }
    }
}
