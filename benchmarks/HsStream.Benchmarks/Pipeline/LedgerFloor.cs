using System.Diagnostics;
using System.Text;
using HsStream.Chaos.Pipeline.Checking;
using HsStream.Chaos.Pipeline.Faults;
using HsStream.Chaos.Pipeline.Rig;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Store;
using HsStream.Store.Chain;
using HsStream.Store.Writing;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Processing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NpgsqlTypes;
using Prometheus;

namespace HsStream.Benchmarks.Pipeline;

/// <summary>Appends what a run left in Kafka to a fresh ledger, and copies the very rows that came out of it into a bare table.</summary>
internal static class LedgerFloor
{
    private const string Schema = "bench";
    private const int BatchRecords = 2_000;
    private const int MostDescriptions = 100_000;

    /// <summary>Waits until the ledger role has recorded everything.</summary>
    public static async Task CatchUpAsync(PipelineRig rig, TimeSpan patience)
    {
        await using var progress = new PipelineProgress(rig);
        var (last, watch) = (await progress.ReadAsync(CancellationToken.None), Stopwatch.StartNew());
        while (!last.IsDone)
        {
            if (watch.Elapsed > patience) { throw new TimeoutException($"The ledger does not come to its end: {last}.\n{rig.Logs()}"); }
            await Task.Delay(PipelineProgress.Interval);
            var now = await progress.ReadAsync(CancellationToken.None);
            if (now.Recorded != last.Recorded) { watch.Restart(); }
            last = now;
        }
    }

    public static async Task<LedgerFigures> MeasureAsync(PipelineRig rig, double? role)
    {
        var batches = await BatchesAsync(rig);
        await using var store = LedgerStore.Open(
            new LedgerOptions { ConnectionString = rig.Postgres, Schema = Schema }, NullLoggerFactory.Instance, Metrics.WithCustomRegistry(Metrics.NewCustomRegistry()), TimeProvider.System);
        await store.Schema.EnsureAsync(CancellationToken.None);
        // The first tenth warms up connection, code and caches of the server.
        var (warm, events, clock) = (batches.Count / 10, 0L, Stopwatch.StartNew());
        for (var n = 0; n < batches.Count; n++)
        {
            if (n == warm) { (events, clock) = (0, Stopwatch.StartNew()); }
            events += (await store.Writer.AppendAsync(batches[n], CancellationToken.None)).Events;
        }

        var append = events / clock.Elapsed.TotalSeconds;
        var (count, bytes, copy) = await CopyAsync(rig.Postgres);
        return new LedgerFigures(count, bytes, BatchRecords, append, copy, role);
    }

    /// <summary>As the role would make them: descriptions and their predictions in turn, each partition in its order.</summary>
    private static async Task<List<LedgerBatch>> BatchesAsync(PipelineRig rig)
    {
        var settings = new KafkaSettings { BootstrapServers = rig.Bootstrap, SchemaRegistryUrl = rig.RegistryUrl.ToString() };
        using var codecs = new MessageCodecs(settings, new MessageLimits(), NullLoggerFactory.Instance, TimeProvider.System);
        using var avro = new AvroRecords(rig.RegistryUrl);
        var topics = new TopicFacts(rig.Bootstrap, avro);
        var facts = new List<RecordedFact>[2];
        foreach (var (n, topic) in (ReadOnlySpan<(int, string)>)[(0, Topics.Descriptions), (1, Topics.Predictions)])
        {
            var list = facts[n] = [];
            topics.Read(topic, result =>
            {
                if (list.Count == MostDescriptions) { return; }
                var record = new InputRecord(
                    new RecordPosition(topic, result.Partition, result.Offset), result.Message.Key, result.Message.Value, result.Message.Headers,
                    DateTimeOffset.FromUnixTimeMilliseconds(result.Message.Timestamp.UnixTimestampMs));
                // Decoding is done before the clock runs; the schema is known after the first, so nothing waits.
                Fact fact = n == 0
                    ? new Fact.Described(codecs.Descriptions.DecodeAsync(record, CancellationToken.None).AsTask().GetAwaiter().GetResult())
                    : new Fact.Predicted(codecs.Predictions.DecodeAsync(record, CancellationToken.None).AsTask().GetAwaiter().GetResult());
                list.Add(new RecordedFact(new Origin(record.Position, record.Timestamp), fact));
            });
        }

        await Task.CompletedTask;
        var next = new Dictionary<(string, int), long>();
        var batches = new List<LedgerBatch>();
        foreach (var (descriptions, predictions) in facts[0].Chunk(BatchRecords / 2).Zip(facts[1].Chunk(BatchRecords / 2)))
        {
            RecordedFact[] all = [.. descriptions, .. predictions];
            var advances = all.GroupBy(f => (f.Origin.Position.Topic, f.Origin.Position.Partition)).Select(g =>
            {
                var end = g.Max(f => f.Origin.Position.Offset) + 1;
                var advance = new OffsetAdvance(g.Key.Topic, g.Key.Partition, next.GetValueOrDefault(g.Key), end);
                next[g.Key] = end;
                return advance;
            });
            batches.Add(new LedgerBatch(all, [.. advances]));
        }

        return batches;
    }

    private static async Task<(long Events, long Bytes, double PerSecond)> CopyAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        var rows = new List<(long Sequence, Guid Id, string Stream, long Version, byte[] Data, string Type, DateTime At)>();
        await using (var command = source.CreateCommand($"select seq_id, id, stream_id, version, data::text, type, \"timestamp\" from {Schema}.mt_events order by seq_id"))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                rows.Add((reader.GetInt64(0), reader.GetGuid(1), reader.GetString(2), reader.GetInt64(3), Encoding.UTF8.GetBytes(reader.GetString(4)), reader.GetString(5), reader.GetDateTime(6)));
            }
        }

        await using (var create = source.CreateCommand($"create table {Schema}.floor (seq_id bigint primary key, id uuid, stream_id varchar, version bigint, data jsonb, type varchar, \"timestamp\" timestamptz)")) { await create.ExecuteNonQueryAsync(); }
        await using var connection = await source.OpenConnectionAsync();
        var (warm, copied, clock) = (rows.Count / 10, 0L, Stopwatch.StartNew());
        var warmed = false;
        var done = 0;
        foreach (var batch in rows.Chunk(BatchRecords))
        {
            if (!warmed && done >= warm) { (warmed, copied, clock) = (true, 0, Stopwatch.StartNew()); }
            await using (var copy = await connection.BeginBinaryImportAsync($"copy {Schema}.floor from stdin (format binary)"))
            {
                foreach (var row in batch)
                {
                    await copy.StartRowAsync();
                    await copy.WriteAsync(row.Sequence, NpgsqlDbType.Bigint);
                    await copy.WriteAsync(row.Id, NpgsqlDbType.Uuid);
                    await copy.WriteAsync(row.Stream, NpgsqlDbType.Varchar);
                    await copy.WriteAsync(row.Version, NpgsqlDbType.Bigint);
                    await copy.WriteAsync(row.Data, NpgsqlDbType.Jsonb);
                    await copy.WriteAsync(row.Type, NpgsqlDbType.Varchar);
                    await copy.WriteAsync(row.At, NpgsqlDbType.TimestampTz);
                }

                await copy.CompleteAsync();
            }

            copied += batch.Length;
            done += batch.Length;
        }

        return (rows.Count, rows.Sum(row => (long)row.Data.Length), copied / clock.Elapsed.TotalSeconds);
    }
}
