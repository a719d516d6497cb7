using HsStream.Store.Schema;
using Npgsql;
using Polly;

namespace HsStream.Store.Reading;

/// <summary>How far a reader of the event log has come, by name.</summary>
public sealed class PublisherCheckpoint
{
    private readonly NpgsqlDataSource _source;
    private readonly LedgerTables _tables;
    private readonly ResiliencePipeline _pipeline;
    private readonly TimeProvider _clock;

    internal PublisherCheckpoint(NpgsqlDataSource source, LedgerTables tables, ResiliencePipeline pipeline, TimeProvider clock) =>
        (_source, _tables, _pipeline, _clock) = (source, tables, pipeline, clock);

    /// <returns>The last sequence that is done; 0 at the start.</returns>
    public async Task<long> LoadAsync(string name, CancellationToken cancellationToken) => await _pipeline.ExecuteAsync(async token =>
    {
        await using var command = _source.CreateCommand($"select sequence from {_tables.Checkpoints} where name = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        return await command.ExecuteScalarAsync(token) is long sequence ? sequence : 0L;
    }, cancellationToken);

    /// <summary>Moves forward only: one who lost the lead cannot take it back.</summary>
    public async Task SaveAsync(string name, long sequence, CancellationToken cancellationToken) => await _pipeline.ExecuteAsync(async token =>
    {
        await using var command = _source.CreateCommand(
            $"""
            insert into {_tables.Checkpoints} as c (name, sequence, updated_at) values ($1, $2, $3)
            on conflict (name) do update set sequence = greatest(c.sequence, excluded.sequence), updated_at = excluded.updated_at
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        command.Parameters.Add(new NpgsqlParameter { Value = sequence });
        command.Parameters.Add(new NpgsqlParameter { Value = _clock.GetUtcNow().UtcDateTime });
        await command.ExecuteNonQueryAsync(token);
    }, cancellationToken);
}
