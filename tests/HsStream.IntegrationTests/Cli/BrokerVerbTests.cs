using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using HsStream.Cli;
using HsStream.Embedded.Broker.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HsStream.IntegrationTests.Cli;

public sealed class BrokerVerbTests : IAsyncLifetime
{
    private const string Topic = "goods";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();
    private EmbeddedBroker _broker = null!;

    private string Kafka => Path.Combine(_directory.Path, "kafka");

    public async ValueTask InitializeAsync() => await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Dump_shows_batches_records_and_markers()
    {
        await ProduceAsync("k1", "one", "k2", "two");
        using (var producer = OpenTransaction("tx", "k3", "three")) { producer.AbortTransaction(Patience); }

        var batches = await RunAsync("broker", "dump", "--data-dir", _directory.Path, "--topic", Topic);
        Assert.Contains(batches.Lines, l => l.Contains("transactional", StringComparison.Ordinal));
        Assert.EndsWith("abort marker", batches.Lines[^1], StringComparison.Ordinal);

        var records = await RunAsync("broker", "dump", "--data-dir", _directory.Path, "--topic", Topic, "--records", "--json", "--from", "1");
        Assert.Equal(["two", "three", null], records.Json.Select(r => r.TryGetProperty("value", out var value) ? value.GetString() : null));
        Assert.Equal([1L, 2, 3], records.Json.Select(r => r.GetProperty("offset").GetInt64()));
        Assert.Equal("abort", records.Json.Last().GetProperty("marker").GetString());

        var first = await RunAsync("broker", "dump", "--data-dir", _directory.Path, "--topic", Topic, "--records", "--max", "1");
        Assert.Contains("key \"k1\"  value \"one\"", Assert.Single(first.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dump_names_the_topics_when_one_is_unknown()
    {
        await ProduceAsync("k", "v");
        var refused = await RunAsync("broker", "dump", "--data-dir", _directory.Path, "--topic", "bads");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"there is no topic 'bads'; expected one of: ", refused.Errors, StringComparison.Ordinal);
        Assert.Contains(Topic, refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_finds_nothing_wrong_with_sound_files_of_a_running_and_of_a_stopped_broker()
    {
        await ProduceAsync("k1", "one", "k2", "two");
        var running = await RunAsync("broker", "verify", "--data-dir", _directory.Path, "--topic", Topic, "--json");
        Assert.Equal(0, running.ExitCode);
        Assert.Equal(2, Assert.Single(running.Json).GetProperty("endOffset").GetInt64());
        await _broker.DisposeAsync();
        Assert.Equal(0, (await RunAsync("broker", "verify", "--data-dir", _directory.Path)).ExitCode);
    }

    [Fact]
    public async Task Verify_names_the_place_of_a_flipped_bit()
    {
        await ProduceAsync("k1", "one", "k2", "two", "k3", "three");
        await _broker.DisposeAsync();
        var file = LogFile();
        var second = await SecondBatchAsync();
        Overwrite(file, second + 65, bytes => bytes[0] ^= 1);

        var found = await RunAsync("broker", "verify", "--data-dir", _directory.Path, "--json");
        Assert.Equal(1, found.ExitCode);
        var damage = Assert.Single(found.Json, r => r.GetProperty("status").GetString() == "DAMAGED");
        Assert.Equal(file, damage.GetProperty("file").GetString());
        Assert.Equal(second, damage.GetProperty("position").GetInt64());
        Assert.Contains("offset 1: expected CRC", damage.GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Single(found.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Verify_tells_missing_records_from_a_torn_tail()
    {
        await ProduceAsync("k1", "one", "k2", "two", "k3", "three");
        await _broker.DisposeAsync();
        var file = LogFile();
        using (var stream = new FileStream(file, FileMode.Append)) { stream.Write(new byte[17]); }
        var torn = await RunAsync("broker", "verify", "--data-dir", _directory.Path, "--topic", Topic, "--json");
        Assert.Equal(0, torn.ExitCode);
        Assert.Equal("torn tail", Assert.Single(torn.Json).GetProperty("status").GetString());

        using (var stream = new FileStream(file, FileMode.Open)) { stream.SetLength(await SecondBatchAsync()); }
        var cut = await RunAsync("broker", "verify", "--data-dir", _directory.Path, "--topic", Topic, "--json");
        Assert.Equal(1, cut.ExitCode);
        Assert.Contains("expected records up to offset 3, found them up to 1", Assert.Single(cut.Json).GetProperty("problem").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Transactions_shows_an_open_one_and_aborts_it()
    {
        await ProduceAsync("k1", "one");
        using var producer = OpenTransaction("tx-7", "k2", "two");
        string[] bootstrap = ["--bootstrap", _broker.BootstrapServers];
        var online = Assert.Single((await RunAsync(["broker", "transactions", "--json", .. bootstrap])).Json);
        var offline = Assert.Single((await RunAsync("broker", "transactions", "--json", "--data-dir", _directory.Path)).Json);
        foreach (var row in (JsonElement[])[online, offline])
        {
            Assert.Equal("tx-7", row.GetProperty("transactionalId").GetString());
            Assert.Equal("Ongoing", row.GetProperty("state").GetString());
            Assert.Equal($"{Topic}-0", Assert.Single(row.GetProperty("partitions").EnumerateArray()).GetString());
        }

        var tried = await RunAsync(["broker", "transactions", "--abort", "tx-7", "--dry-run", .. bootstrap]);
        Assert.StartsWith("would abort the transaction of 'tx-7'", tried.Output, StringComparison.Ordinal);
        Assert.Single((await RunAsync(["broker", "transactions", "--json", .. bootstrap])).Json);

        var done = await RunAsync(["broker", "transactions", "--abort", "tx-7", .. bootstrap]);
        Assert.Equal(0, done.ExitCode);
        Assert.StartsWith("aborted the transaction of 'tx-7'", done.Output, StringComparison.Ordinal);
        Assert.Empty((await RunAsync(["broker", "transactions", "--json", .. bootstrap])).Json);
        Assert.Throws<KafkaException>(() => producer.CommitTransaction(Patience));

        var again = await RunAsync(["broker", "transactions", "--abort", "tx-7", .. bootstrap]);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("only an Ongoing transaction can be aborted", again.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Groups_shows_members_committed_offsets_and_lag()
    {
        await ProduceAsync("k1", "one", "k2", "two", "k3", "three");
        using var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = _broker.BootstrapServers,
            GroupId = "readers",
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
        }).SetLogHandler((_, _) => { }).Build();
        consumer.Subscribe(Topic);
        consumer.Commit(consumer.Consume(Patience));

        string[] bootstrap = ["--json", "--bootstrap", _broker.BootstrapServers];
        var listed = Assert.Single((await RunAsync(["broker", "groups", .. bootstrap])).Json);
        Assert.Equal(("readers", "Stable", 1, 2L), (
            listed.GetProperty("group").GetString(), listed.GetProperty("state").GetString(),
            listed.GetProperty("members").GetInt32(), listed.GetProperty("lag").GetInt64()));

        var shown = (await RunAsync(["broker", "groups", "readers", .. bootstrap])).Json;
        Assert.Equal(2, shown.Count);
        Assert.Equal((1L, 3L, 2L), (
            shown[1].GetProperty("committed").GetInt64(), shown[1].GetProperty("end").GetInt64(), shown[1].GetProperty("lag").GetInt64()));
        Assert.Equal(shown[0].GetProperty("member").GetString(), shown[1].GetProperty("member").GetString());

        Assert.Contains("knows no group 'nobody'", (await RunAsync(["broker", "groups", "nobody", .. bootstrap])).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_named()
    {
        var refused = await RunAsync("broker", "groups", "--bootstrap", "127.0.0.1:1");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("hsstream: no broker answers at 127.0.0.1:1", refused.Errors, StringComparison.Ordinal);
    }

    private async Task StartAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(
            new BrokerOptions { DataDirectory = Kafka, Port = 0 }, NullLoggerFactory.Instance, TimeProvider.System, TestContext.Current.CancellationToken);
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _broker.BootstrapServers }).SetLogHandler((_, _) => { }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = 1, ReplicationFactor = 1 }]);
    }

    /// <summary>Keys and values in turn; each pair a batch of its own.</summary>
    private async Task ProduceAsync(params string[] pairs)
    {
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = _broker.BootstrapServers, LingerMs = 0 })
            .SetLogHandler((_, _) => { }).Build();
        foreach (var pair in pairs.Chunk(2))
        {
            await producer.ProduceAsync(Topic, new Message<string, string> { Key = pair[0], Value = pair[1] }, TestContext.Current.CancellationToken);
        }
    }

    private IProducer<string, string> OpenTransaction(string id, string key, string value)
    {
        var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = _broker.BootstrapServers, TransactionalId = id })
            .SetLogHandler((_, _) => { }).Build();
        producer.InitTransactions(Patience);
        producer.BeginTransaction();
        producer.Produce(Topic, new Message<string, string> { Key = key, Value = value });
        producer.Flush(Patience);
        return producer;
    }

    private string LogFile() => Assert.Single(
        Directory.EnumerateFiles(Kafka, "00000000000000000000.log", SearchOption.AllDirectories), f => new FileInfo(f).Length > 0);

    private async Task<long> SecondBatchAsync() =>
        (await RunAsync("broker", "dump", "--data-dir", _directory.Path, "--topic", Topic, "--json", "--max", "2")).Json[1].GetProperty("position").GetInt64();

    private static void Overwrite(string file, long position, Action<byte[]> change)
    {
        using var stream = new FileStream(file, FileMode.Open);
        var one = new byte[1];
        stream.Position = position;
        stream.ReadExactly(one);
        change(one);
        stream.Position = position;
        stream.Write(one);
    }

    private sealed record Outcome(int ExitCode, string Output, string Errors)
    {
        public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        public List<JsonElement> Json => [.. Lines.Select(l => JsonDocument.Parse(l).RootElement)];
    }

    private static async Task<Outcome> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return new Outcome(await CommandLine.RunAsync(arguments, output, errors), output.ToString(), errors.ToString());
    }
}
