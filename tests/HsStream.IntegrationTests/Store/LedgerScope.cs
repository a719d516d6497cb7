using System.Text;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Store;
using HsStream.Store.Chain;
using HsStream.Store.Writing;
using HsStream.UnitTests.Ledger;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Prometheus;
using static HsStream.IntegrationTests.Postgres.PostgresHarness;

namespace HsStream.IntegrationTests.Store;

/// <summary>A ledger in a database of its own, and a pretended topic that feeds it.</summary>
internal sealed class LedgerScope : IAsyncDisposable
{
    private readonly Dictionary<(string, int), long> _next = [];

    private LedgerScope(string connectionString, LedgerStore store, FakeTimeProvider clock, CollectorRegistry registry) =>
        (ConnectionString, Store, Clock, Registry) = (connectionString, store, clock, registry);

    public string ConnectionString { get; }

    public LedgerStore Store { get; }

    public FakeTimeProvider Clock { get; }

    public CollectorRegistry Registry { get; }

    public static async Task<LedgerScope> CreateAsync(StorePostgres postgres) => Open(await postgres.NewLedgerAsync());

    /// <param name="connectionString">Of a database whose ledger exists.</param>
    public static LedgerScope Open(string connectionString)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2027, 1, 2, 3, 4, 5, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.Zero };
        var registry = Metrics.NewCustomRegistry();
        var store = Open(connectionString, clock, registry);
        return new LedgerScope(connectionString, store, clock, registry);
    }

    /// <summary>Another process on the same ledger.</summary>
    public LedgerStore OpenAnother(TimeProvider? clock = null) => Open(ConnectionString, clock ?? Clock, Metrics.NewCustomRegistry());

    public static LedgerStore Open(string connectionString, TimeProvider clock, CollectorRegistry registry) =>
        LedgerStore.Open(
            new LedgerOptions { ConnectionString = connectionString, RetryDelay = TimeSpan.FromMilliseconds(20), MaxRetryDelay = TimeSpan.FromMilliseconds(200) },
            NullLoggerFactory.Instance, Metrics.WithCustomRegistry(registry), clock);

    /// <summary>Records facts as if each were the next record of its topic's partition 0.</summary>
    public async Task<LedgerReceipt> AppendAsync(params IEnumerable<Fact> facts) => await Store.Writer.AppendAsync(NextBatch(facts), Stop);

    public LedgerBatch NextBatch(params IEnumerable<Fact> facts)
    {
        var recorded = new List<RecordedFact>();
        var starts = new Dictionary<(string, int), long>();
        foreach (var fact in facts)
        {
            var partition = (TopicOf(fact), 0);
            var offset = _next.GetValueOrDefault(partition);
            starts.TryAdd(partition, offset);
            _next[partition] = offset + 1;
            recorded.Add(new RecordedFact(new Origin(new RecordPosition(partition.Item1, 0, offset), TestFacts.At), fact));
        }

        return new LedgerBatch(recorded, [.. starts.Select(s => new OffsetAdvance(s.Key.Item1, s.Key.Item2, s.Value, _next[s.Key]))]);
    }

    public async Task<object?> SqlAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Stop);
    }

    public async Task<double> MetricAsync(string name)
    {
        using var text = new MemoryStream();
        await Registry.CollectAndExportAsTextAsync(text, Stop);
        return Encoding.UTF8.GetString(text.ToArray()).Split('\n').Where(l => l.StartsWith(name, StringComparison.Ordinal))
            .Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync() => await Store.DisposeAsync();

    private static string TopicOf(Fact fact) => fact switch
    {
        Fact.Described => Topics.Descriptions,
        Fact.Predicted => Topics.Predictions,
        Fact.ShadowPredicted => Topics.ShadowPredictions,
        Fact.Corrected => Topics.Corrections,
        Fact.ModelAnnounced => Topics.Models,
        Fact.ExperimentAnnounced => Topics.Experiments,
        Fact.DeadLettered => Topics.DeadLetters,
        Fact.SignalRaised => Topics.Signals,
        Fact.RetrainingRequested => Topics.Retraining,
        _ => Topics.Descriptions,
    };
}
