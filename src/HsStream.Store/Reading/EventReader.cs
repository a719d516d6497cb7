using System.Runtime.CompilerServices;
using HsStream.Store.Events;
using HsStream.Store.Schema;
using Npgsql;
using Polly;

namespace HsStream.Store.Reading;

/// <summary>Reads events by SQL, in sequence order, and decodes them (older shapes as today's).</summary>
internal sealed class EventReader(NpgsqlDataSource source, LedgerTables tables, EventCodec codec, ResiliencePipeline pipeline)
{
    public const int PageSize = 1_000;

    public LedgerTables Tables => tables;

    /// <param name="filter">SQL behind "where", with $1 and so on.</param>
    public Task<List<StoredEvent>> ListAsync(string filter, int? limit, CancellationToken cancellationToken, params object[] values) =>
        QueryAsync($"select seq_id, stream_id, version, type, \"timestamp\", data::text from {tables.Events} where {filter} order by seq_id"
            + (limit is { } most ? $" limit {most}" : ""), Decode, cancellationToken, values);

    /// <summary>All matching events above a sequence, page by page, so that memory stays flat and no transaction stays open.</summary>
    /// <param name="filter">SQL that may use $3 and up; $1 is the sequence to read from (exclusive), $2 the last one.</param>
    public async IAsyncEnumerable<List<StoredEvent>> PagesAsync(
        string filter, long after, long last, [EnumeratorCancellation] CancellationToken cancellationToken, params object[] values)
    {
        while (true)
        {
            var page = await ListAsync($"seq_id > $1 and seq_id <= $2 and ({filter})", PageSize, cancellationToken, [after, last, .. values]);
            if (page.Count > 0) { yield return page; }
            if (page.Count < PageSize) { yield break; }
            after = page[^1].Sequence;
        }
    }

    public async Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values) =>
        await pipeline.ExecuteAsync(async token =>
        {
            var rows = new List<T>();
            await using var command = source.CreateCommand(sql);
            foreach (var value in values) { command.Parameters.Add(new NpgsqlParameter { Value = value }); }
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token)) { rows.Add(read(reader)); }
            return rows;
        }, cancellationToken);

    private StoredEvent Decode(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3), new DateTimeOffset(reader.GetDateTime(4), TimeSpan.Zero),
        codec.Decode(reader.GetString(3), reader.GetFieldValue<byte[]>(5)));
}
