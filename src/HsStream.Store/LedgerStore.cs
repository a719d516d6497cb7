using HsStream.Store.Events;
using HsStream.Store.Leadership;
using HsStream.Store.Projections;
using HsStream.Store.Reading;
using HsStream.Store.Schema;
using HsStream.Store.Verification;
using HsStream.Store.Writing;
using Marten;
using Microsoft.Extensions.Logging;
using Npgsql;
using Prometheus;

namespace HsStream.Store;

/// <summary>The ledger: everything about one schema of one PostgreSQL database. One per process; dispose it last.</summary>
public sealed class LedgerStore : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;

    private LedgerStore(LedgerOptions options, ILoggerFactory logging, IMetricFactory metrics, TimeProvider clock)
    {
        var logger = logging.CreateLogger<LedgerStore>();
        var meters = new LedgerMetrics(metrics);
        var tables = new LedgerTables(options.Schema);
        var codec = new EventCodec();
        _source = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(options.ConnectionString) { ApplicationName = "hsstream-ledger" }.ConnectionString).Build();
        var pipeline = LedgerPipeline.Create(options, meters, logger);
        Marten = MartenStore.Create(options, _source, codec, JasperFx.AutoCreate.None);
        Schema = new LedgerSchema(_source, tables, () => MartenStore.Create(options, _source, codec, JasperFx.AutoCreate.CreateOrUpdate));
        Writer = new LedgerWriter(_source, tables, codec, options, pipeline, meters, logger, clock);
        Offsets = new LedgerOffsets(_source, tables, pipeline);
        Models = new ModelCommands(Writer, clock);
        Records = new RecordCommands(Writer, clock);
        var reader = new EventReader(_source, tables, codec, pipeline);
        Queries = new LedgerQueries(reader, Offsets);
        Verifier = new LedgerVerifier(reader);
        Exporter = new LedgerExporter(reader, clock);
        Election = new LeaderElection(options, logger, clock);
        Projections = new LedgerProjections(Marten, Election);
        Reconciliation = new LedgerReconciliation(reader, Queries, Projections, logger, clock);
        Checkpoints = new PublisherCheckpoint(_source, tables, pipeline, clock);
    }

    /// <summary>Creates the tables; call it before anything else when this process may.</summary>
    public LedgerSchema Schema { get; }

    public LedgerWriter Writer { get; }

    public LedgerOffsets Offsets { get; }

    public ModelCommands Models { get; }

    public RecordCommands Records { get; }

    public LedgerQueries Queries { get; }

    public LedgerVerifier Verifier { get; }

    public LedgerExporter Exporter { get; }

    public PublisherCheckpoint Checkpoints { get; }

    /// <summary>For work that one process at a time may do, such as publishing model changes.</summary>
    public LeaderElection Election { get; }

    public LedgerProjections Projections { get; }

    public LedgerReconciliation Reconciliation { get; }

    /// <summary>Marten over the same tables, for reading. Appending through it breaks the chain, and verify says so.</summary>
    public IDocumentStore Marten { get; }

    /// <summary>Connects to nothing yet.</summary>
    /// <param name="clock">Dates what is recorded; waiting between attempts goes by the system's clock.</param>
    /// <exception cref="ArgumentException">The connection string is malformed.</exception>
    public static LedgerStore Open(LedgerOptions options, ILoggerFactory logging, IMetricFactory metrics, TimeProvider clock) => new(options, logging, metrics, clock);

    public async ValueTask DisposeAsync()
    {
        Writer.Dispose();
        Marten.Dispose();
        await _source.DisposeAsync();
    }
}
