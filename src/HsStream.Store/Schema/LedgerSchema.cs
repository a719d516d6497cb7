using HsStream.Store.Chain;
using HsStream.Store.Events;
using Marten;
using Npgsql;
using NpgsqlTypes;

namespace HsStream.Store.Schema;

/// <summary>Creates the tables and refuses a database that is laid out otherwise.</summary>
public sealed class LedgerSchema
{
    /// <summary>What the binary writer relies on; see docs/adr/0011. Marten 9.58.</summary>
    private static readonly string[] KnownColumns =
    [
        "mt_events.seq_id bigint", "mt_events.id uuid", "mt_events.stream_id character varying", "mt_events.version bigint",
        "mt_events.data jsonb", "mt_events.bdata bytea", "mt_events.type character varying", "mt_events.timestamp timestamp with time zone",
        "mt_events.tenant_id character varying", "mt_events.mt_dotnet_type character varying", "mt_events.is_archived boolean",
        "mt_streams.id character varying", "mt_streams.type character varying", "mt_streams.version bigint",
        "mt_streams.timestamp timestamp with time zone", "mt_streams.created timestamp with time zone",
        "mt_streams.tenant_id character varying", "mt_streams.compacted_version bigint", "mt_streams.is_archived boolean",
    ];

    private readonly NpgsqlDataSource _source;
    private readonly LedgerTables _tables;
    private readonly Func<IDocumentStore> _maker;

    /// <param name="maker">Opens a store of Marten that may create its tables.</param>
    internal LedgerSchema(NpgsqlDataSource source, LedgerTables tables, Func<IDocumentStore> maker)
    {
        _source = source;
        _tables = tables;
        _maker = maker;
    }

    /// <summary>Creates what is missing. Safe to call from many processes at once.</summary>
    /// <exception cref="LedgerLayoutException">The tables are not the ones that this version writes.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);

        // Session level, so that it outlasts Marten's own transactions; released with the connection at the latest.
        await ExecuteAsync(connection, "select pg_advisory_lock(hashtext($1), 1)", cancellationToken, $"hsstream ledger schema {_tables.Schema}");
        try
        {
            // Marten's part is made once: its later comparison would restore the foreign key and check every event against it.
            if (!await ExistsAsync(cancellationToken))
            {
                using var marten = _maker();
                await marten.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
            }

            await ExecuteAsync(connection, Ddl, cancellationToken);
            await ExecuteAsync(
                connection, $"insert into {_tables.Head} (id, number, sequence, hash) values (1, 0, 0, $1) on conflict do nothing", cancellationToken, Seal.Genesis);
            await CheckLayoutAsync(connection, cancellationToken);
        }
        finally
        {
            await ExecuteAsync(connection, "select pg_advisory_unlock(hashtext($1), 1)", CancellationToken.None, $"hsstream ledger schema {_tables.Schema}");
        }
    }

    /// <returns>False when the ledger has not been created here.</returns>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand("select to_regclass($1) is not null");
        command.Parameters.Add(new NpgsqlParameter { Value = _tables.Head });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <remarks>
    /// The foreign key from events to streams costs as much as the insert itself, row by row; the writer puts both into one
    /// transaction, and verify compares them.
    /// </remarks>
    private string Ddl => $"""
        alter table {_tables.Events} drop constraint if exists fkey_mt_events_stream_id;
        create table if not exists {_tables.Head} (
            id smallint primary key check (id = 1),
            number bigint not null,
            sequence bigint not null,
            hash bytea not null
        );
        create table if not exists {_tables.Seals} (
            number bigint primary key,
            first_sequence bigint not null,
            event_count int not null,
            sealed_at timestamptz not null,
            advances text not null,
            root bytea not null,
            previous bytea not null,
            hash bytea not null,
            leaves bytea not null
        );
        alter table {_tables.Seals} alter column leaves set storage external;
        create index if not exists ledger_seals_sealed_at on {_tables.Seals} (sealed_at);
        create table if not exists {_tables.Offsets} (
            topic text not null,
            partition int not null,
            next_offset bigint not null,
            updated_at timestamptz not null,
            primary key (topic, partition)
        );
        create table if not exists {_tables.Checkpoints} (
            name text primary key,
            sequence bigint not null,
            updated_at timestamptz not null
        );
        create index if not exists ledger_model_events on {_tables.Events} (seq_id)
            where type in ({string.Join(", ", EventTypes.OfModels.Select(t => $"'{t}'"))});
        create index if not exists ledger_dead_letter_keys on {_tables.Events} ((data ->> 'key'))
            where type = '{EventTypes.RecordDeadLettered}';
        """;

    private async Task CheckLayoutAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var found = new HashSet<string>();
        await using var command = new NpgsqlCommand(
            """
            select table_name || '.' || column_name || ' ' || data_type from information_schema.columns
            where table_schema = $1 and table_name in ('mt_events', 'mt_streams')
            """, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = _tables.Schema, NpgsqlDbType = NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) { found.Add(reader.GetString(0)); }
        var missing = KnownColumns.Except(found).ToList();
        var unknown = found.Except(KnownColumns).ToList();
        if (missing.Count + unknown.Count > 0)
        {
            throw new LedgerLayoutException(
                $"Expected the event tables of Marten 9.58 in schema '{_tables.Schema}'; missing: {List(missing)}; unknown: {List(unknown)}. "
                + "Another version of Marten may have changed them: the ledger's writer must be checked against it (docs/adr/0011).");
        }
    }

    private static string List(List<string> columns) => columns.Count == 0 ? "none" : string.Join(", ", columns.Order(StringComparer.Ordinal));

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
        foreach (var value in values) { command.Parameters.Add(new NpgsqlParameter { Value = value }); }
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
