using HsStream.Store.Schema;
using Npgsql;
using Polly;

namespace HsStream.Store.Writing;

/// <summary>How far the ledger has read each partition. It is the only truth: a consumer group's offsets are not used.</summary>
public sealed class LedgerOffsets
{
    private readonly NpgsqlDataSource _source;
    private readonly LedgerTables _tables;
    private readonly ResiliencePipeline _pipeline;

    internal LedgerOffsets(NpgsqlDataSource source, LedgerTables tables, ResiliencePipeline pipeline) => (_source, _tables, _pipeline) = (source, tables, pipeline);

    /// <returns>Next offset to read for each partition asked for; 0 where none is stored.</returns>
    public async Task<IReadOnlyDictionary<(string Topic, int Partition), long>> LoadAsync(
        IReadOnlyCollection<(string Topic, int Partition)> partitions, CancellationToken cancellationToken)
    {
        var all = await LoadAllAsync(cancellationToken);
        return partitions.ToDictionary(p => p, p => all.GetValueOrDefault(p));
    }

    public async Task<IReadOnlyDictionary<(string Topic, int Partition), long>> LoadAllAsync(CancellationToken cancellationToken) =>
        await _pipeline.ExecuteAsync(async token =>
        {
            var offsets = new Dictionary<(string, int), long>();
            await using var command = _source.CreateCommand($"select topic, partition, next_offset from {_tables.Offsets}");
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token)) { offsets[(reader.GetString(0), reader.GetInt32(1))] = reader.GetInt64(2); }
            return offsets;
        }, cancellationToken);
}
