using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Domain.ModelLifecycle;
using HsStream.Domain.Nomenclature;
using HsStream.Embedded.Broker.Hosting;
using HsStream.Embedded.Registry;
using HsStream.IntegrationTests.Registry;
using HsStream.Scoring.Bundles;
using HsStream.Service;
using HsStream.Service.Configuration;
using HsStream.Store;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.DeadLetters;
using HsStream.Streaming.Processing;
using HsStream.Streaming.Publish;
using HsStream.UnitTests.Scoring.Onnx;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;
using Xunit;

namespace HsStream.IntegrationTests.Service;

/// <summary>A whole system of one test: broker, registry, a schema of the ledger, bundles, and any number of services.</summary>
/// <remarks>With HSSTREAM_TEST_KAFKA the topics of HsStream on that cluster are deleted first: it must be one for tests alone.</remarks>
internal sealed class ServiceRig : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string? External = Environment.GetEnvironmentVariable("HSSTREAM_TEST_KAFKA") is { Length: > 0 } given ? given : null;

    private readonly TemporaryDirectory _directory = new();
    private readonly string _postgres;
    private readonly string _schema = "t" + Guid.NewGuid().ToString("n")[..12];
    private readonly List<HsStreamService> _services = [];
    private readonly HttpClient _http = new() { Timeout = Patience };
    private EmbeddedBroker? _broker;
    private RegistryScope? _registryScope;
    private RecordPublisher? _publisher;
    private MessageCodecs? _codecs;

    private ServiceRig(string postgres) => _postgres = postgres;

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public string Bootstrap { get; private set; } = "";

    public SchemaRegistryServer? Registry { get; private set; }

    public LogLines Logs { get; } = new();

    public BundleStore Bundles => new(Path.Combine(_directory.Path, "models"));

    public LedgerStore Ledger { get; private set; } = null!;

    public MessageCodecs Codecs => _codecs ??= new MessageCodecs(Kafka(), new MessageLimits(), NullLoggerFactory.Instance, TimeProvider.System);

    private RecordPublisher Publisher => _publisher ??= new RecordPublisher(Kafka(), "test", NullLoggerFactory.Instance, TimeProvider.System);

    private string RegistryUrl { get; set; } = "";

    /// <param name="ledger">Another PostgreSQL than the shared one.</param>
    public static async Task<ServiceRig> StartAsync(ServicePostgres postgres, string? ledger = null)
    {
        var rig = new ServiceRig(ledger ?? postgres.ConnectionString);
        rig._broker = External is null ? await RegistryKafka.StartBrokerAsync(Path.Combine(rig._directory.Path, "kafka"), 0, ("group.initial.rebalance.delay.ms", "0")) : null;
        rig.Bootstrap = External ?? rig._broker!.BootstrapServers;
        if (External is not null) { await rig.DeleteTopicsAsync(); }
        rig._registryScope = new RegistryScope(rig.Bootstrap);
        await rig.StartRegistryAsync();
        rig.Ledger = LedgerStore.Open(
            new LedgerOptions { ConnectionString = rig._postgres, Schema = rig._schema }, NullLoggerFactory.Instance, Metrics.WithCustomRegistry(Metrics.NewCustomRegistry()), TimeProvider.System);
        return rig;
    }

    public async Task StartRegistryAsync(int port = 0)
    {
        Registry = await SchemaRegistryServer.StartAsync(_registryScope!.Options(port: port), NullLoggerFactory.Instance, TimeProvider.System, Stop);
        RegistryUrl = Registry.Url.GetLeftPart(UriPartial.Authority);
    }

    public async Task StopRegistryAsync()
    {
        await Registry!.DisposeAsync();
        Registry = null;
    }

    /// <param name="change">What this service is told otherwise.</param>
    public async Task<HsStreamService> RunAsync(string roles, Func<ServiceOptions, ServiceOptions>? change = null)
    {
        var options = new ServiceOptions
        {
            Roles = roles,
            Kafka = Kafka(),
            Topics = new() { Partitions = 3, ReplicationFactor = -1 },
            Http = new HttpOptions { Port = 0 },
            Models = new ModelsOptions { Directory = Bundles.Root, RetryAfter = TimeSpan.FromMilliseconds(100) },
            Ledger = new LedgerOptions { ConnectionString = _postgres, Schema = _schema },
            Recorder = new RecorderOptions { PublishInterval = TimeSpan.FromMilliseconds(50) },
            Scorer = new ScorerOptions { Workers = 2 },
        };
        var service = await HsStreamService.StartAsync(change?.Invoke(options) ?? options, Logs, TimeProvider.System, Stop);
        _services.Add(service);
        return service;
    }

    public string AddBundle(int seed) => Bundles.Add(TinyModel.Manifest(TinyModel.Encoder) with { Seed = seed }, TinyModel.Files()).ModelVersion;

    /// <summary>As an operator does: through the ledger, whose publisher tells the scorers.</summary>
    public async Task PromoteAsync(string version)
    {
        await Ledger.Schema.EnsureAsync(Stop);
        await RegisterAsync(version);
        await Ledger.Models.PromoteAsync(version, new Mandate("test", "test", null), Stop);
    }

    public async Task RegisterAsync(string version)
    {
        await Ledger.Schema.EnsureAsync(Stop);
        await Ledger.Models.RegisterAsync(
            new ModelFacts(version, "test", TinyModel.Encoder.Hash, NomenclatureEdition.Hs2022, new Dictionary<string, double>(), new Dictionary<string, string>()),
            new Mandate("test", "test", null), Stop);
    }

    /// <summary>Past the ledger, straight into <c>hs.models</c>, for systems without one.</summary>
    public Task AnnounceAsync(string version, ModelStage stage) => Publisher.PublishAsync(
        Topics.Models, Codecs.Models,
        new ModelVersion
        {
            Version = version, Stage = stage, Revision = 1, Architecture = "test", EncoderHash = TinyModel.Encoder.Hash, Edition = NomenclatureEdition.Hs2022,
            ChangedAt = DateTimeOffset.UnixEpoch.AddYears(50), ChangedBy = "test", Reason = "test",
        },
        Stop);

    public Task AnnounceAsync(Experiment experiment) => Publisher.PublishAsync(Topics.Experiments, Codecs.Experiments, experiment, Stop);

    public Task PublishAsync(params ProductDescription[] descriptions) =>
        Task.WhenAll(descriptions.Select(description => Publisher.PublishAsync(Topics.Descriptions, Codecs.Descriptions, description, Stop)));

    public Task PublishRawAsync(string topic, byte[]? key, byte[]? value) => Publisher.PublishAsync(new OutputRecord(topic, key, value, []), Stop);

    public static ProductDescription[] Descriptions(int count, string prefix = "d") => [.. Enumerable.Range(0, count).Select(i =>
        new ProductDescription { DescriptionId = $"{prefix}{i}", Text = $"{TinyModel.Lines[i % TinyModel.Lines.Length].Text} {prefix} {i}", Source = "test" })];

    /// <summary>Reads committed predictions until there are enough, and then a little longer, so that one too many is seen.</summary>
    public async Task<List<(Prediction Prediction, RecordPosition Position)>> PredictionsAsync(int count, string topic = Topics.Predictions)
    {
        var read = new List<(Prediction, RecordPosition)>();
        foreach (var record in await ReadAsync(topic, count)) { read.Add((await Codecs.Predictions.DecodeAsync(record, Stop), record.Position)); }
        return read;
    }

    public async Task<List<DeadLetter>> DeadLettersAsync(int count) => [.. (await ReadAsync(Topics.DeadLetters, count)).Select(DeadLetterRecord.Read)];

    /// <summary>All committed records of a topic once there are at least so many.</summary>
    public async Task<List<InputRecord>> ReadAsync(string topic, int count)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = Bootstrap, GroupId = $"reader-{Guid.NewGuid():n}", EnableAutoCommit = false, EnablePartitionEof = true,
            IsolationLevel = IsolationLevel.ReadCommitted, FetchWaitMaxMs = 50,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        var partitions = admin.GetMetadata(topic, Patience).Topics[0].Partitions.Select(p => p.PartitionId).ToList();
        consumer.Assign(partitions.Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        var records = new List<InputRecord>();
        var ended = new HashSet<int>();
        var start = TimeProvider.System.GetTimestamp();
        while (records.Count < count || ended.Count < partitions.Count)
        {
            if (TimeProvider.System.GetElapsedTime(start) > Patience) { throw new TimeoutException($"Waited {Patience} for {count} records of {topic}, got {records.Count}. {Logs.Tail()}"); }
            Stop.ThrowIfCancellationRequested();
            if (consumer.Consume(TimeSpan.FromMilliseconds(50)) is not { } result) { continue; }
            if (result.IsPartitionEOF)
            {
                ended.Add(result.Partition.Value);
                continue;
            }

            ended.Remove(result.Partition.Value);
            records.Add(new InputRecord(new RecordPosition(result.Topic, result.Partition, result.Offset), result.Message.Key, result.Message.Value, result.Message.Headers, DateTimeOffset.UnixEpoch));
        }

        await Task.CompletedTask;
        return records;
    }

    public async Task<(int Status, string Body)> GetAsync(HsStreamService service, string path)
    {
        using var response = await _http.GetAsync(new Uri(service.Url, path), Stop);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Stop));
    }

    public async Task<(int Status, string Body)> PostAsync(HsStreamService service, string body, string type = "application/json", string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(service.Url, "/v1/descriptions"));
        request.Content = new StringContent(body);
        request.Content.Headers.ContentType = new(type);
        if (key is not null) { request.Headers.Add("Idempotency-Key", key); }
        using var response = await _http.SendAsync(request, Stop);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Stop));
    }

    /// <summary>Until a service has created the topics.</summary>
    public async Task UntilTopicsAsync()
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Bootstrap }).SetLogHandler((_, _) => { }).Build();
        await UntilAsync(() => Task.FromResult(!Topics.All.Except(admin.GetMetadata(Patience).Topics.Select(topic => topic.Topic)).Any()), "the topics");
    }

    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Patience) { throw new TimeoutException($"Waited {Patience} for {what}. {Logs.Tail()}"); }
            await Task.Delay(25, Stop);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services) { await service.DisposeAsync(); }
        _publisher?.Dispose();
        _codecs?.Dispose();
        _http.Dispose();
        await Ledger.DisposeAsync();
        if (Registry is not null) { await Registry.DisposeAsync(); }
        if (_registryScope is not null) { await _registryScope.DisposeAsync(); }
        if (_broker is not null) { await _broker.DisposeAsync(); }
        _directory.Dispose();
    }

    private KafkaSettings Kafka() => new() { BootstrapServers = Bootstrap, SchemaRegistryUrl = RegistryUrl, RegistryMaxBackoff = TimeSpan.FromMilliseconds(200) };

    private async Task DeleteTopicsAsync()
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Bootstrap }).SetLogHandler((_, _) => { }).Build();
        var present = admin.GetMetadata(Patience).Topics.Select(topic => topic.Topic).Intersect(Topics.All).ToList();
        if (present.Count > 0) { await admin.DeleteTopicsAsync(present); }
        await UntilAsync(() => Task.FromResult(!admin.GetMetadata(Patience).Topics.Any(topic => present.Contains(topic.Topic))), "the old topics to go");
        foreach (var group in (string[])["hs.scorer", "hs.ledger"])
        {
            try
            {
                await admin.DeleteGroupsAsync([group]);
            }
            catch (DeleteGroupsException)
            {
                // There was none.
            }
        }
    }
}

/// <summary>Everything that was logged, as text.</summary>
internal sealed class LogLines : ILoggerFactory
{
    /// <summary>With HSSTREAM_TEST_LOG=1 the lines also go to standard error, to watch a test that hangs.</summary>
    private static readonly bool IsEchoed = Environment.GetEnvironmentVariable("HSSTREAM_TEST_LOG") == "1";

    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public string Tail() => string.Join('\n', _lines.Where(line => !line.StartsWith("Information", StringComparison.Ordinal)).TakeLast(20));

    public ILogger CreateLogger(string categoryName) => new Writer(categoryName, _lines);

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    private sealed class Writer(string category, ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = $"{logLevel} {category} {formatter(state, exception)} {exception}";
            lines.Enqueue(line);
            if (IsEchoed) { System.Console.Error.WriteLine(line); }
        }
    }
}
