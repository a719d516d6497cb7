using System.Diagnostics;
using HsStream.Domain.Ledger;
using HsStream.Store.Verification;
using HsStream.UnitTests.Ledger;
using Npgsql;
using NpgsqlTypes;
using Xunit;
using static HsStream.IntegrationTests.Postgres.PostgresHarness;

namespace HsStream.IntegrationTests.Store;

/// <summary>How far is an append from copying the same rows without deciding, hashing and sealing?</summary>
public sealed class SpeedTests(StorePostgres postgres)
{
    private const int Descriptions = 10_000;
    private const int BatchFacts = 2_000;

    [Fact]
    public async Task Appending_keeps_up_with_a_raw_copy_of_the_same_rows()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        await ledger.AppendAsync(Facts(0, 500));
        var batches = new List<Fact[]>();
        for (var from = 500; from < 500 + Descriptions; from += BatchFacts / 2) { batches.Add([.. Facts(from, BatchFacts / 2)]); }
        var appending = new Stopwatch();
        foreach (var batch in batches.Select(b => ledger.NextBatch(b)))
        {
            appending.Start();
            await ledger.Store.Writer.AppendAsync(batch, Stop);
            appending.Stop();
        }

        var copying = await CopyAsync(ledger);
        var events = Descriptions * 2;
        var (append, copy) = (events / appending.Elapsed.TotalSeconds, events / copying.TotalSeconds);
        TestContext.Current.SendDiagnosticMessage($"append {append:F0}/s, raw copy {copy:F0}/s, ratio {append / copy:F2}");
        var watch = Stopwatch.StartNew();
        Assert.Empty((await ledger.Store.Verifier.VerifyAsync(new VerifyOptions(), null, Stop)).Findings);
        TestContext.Current.SendDiagnosticMessage($"verify {(events + 1000) / watch.Elapsed.TotalSeconds:F0}/s");

        // A shared machine is noisy: this fails for a writer that is several times slower, the benchmarks measure.
        Assert.True(append / copy > 0.2, $"{append:F0} events/s appended, {copy:F0} rows/s copied");
    }

    private static IEnumerable<Fact> Facts(int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            var (id, text) = ($"shipment-{i:D8}", $"USED RICE COOKER {i} 5.4L WHITE");
            yield return new Fact.Described(TestFacts.Description(id, text));
            yield return new Fact.Predicted(TestFacts.Prediction(id, text));
        }
    }

    private static async Task<TimeSpan> CopyAsync(LedgerScope ledger)
    {
        await ledger.SqlAsync("create table ledger.plain (like ledger.mt_events including all)");
        await using var connection = new NpgsqlConnection(ledger.ConnectionString);
        await connection.OpenAsync(Stop);
        var rows = new List<(long, Guid, string, long, byte[], string, DateTime)>();
        await using (var read = new NpgsqlCommand("select seq_id, id, stream_id, version, data::text, type, \"timestamp\" from ledger.mt_events where seq_id > 1000 order by seq_id", connection))
        await using (var reader = await read.ExecuteReaderAsync(Stop))
        {
            while (await reader.ReadAsync(Stop))
            {
                rows.Add((reader.GetInt64(0), reader.GetGuid(1), reader.GetString(2), reader.GetInt64(3), reader.GetFieldValue<byte[]>(4), reader.GetString(5), reader.GetDateTime(6)));
            }
        }

        Assert.Equal(Descriptions * 2, rows.Count);
        var watch = Stopwatch.StartNew();
        foreach (var batch in rows.Chunk(BatchFacts))
        {
            await using var copy = await connection.BeginBinaryImportAsync(
                "copy ledger.plain (seq_id, id, stream_id, version, data, type, \"timestamp\") from stdin (format binary)", Stop);
            foreach (var (sequence, id, stream, version, data, type, at) in batch)
            {
                await copy.StartRowAsync(Stop);
                await copy.WriteAsync(sequence, NpgsqlDbType.Bigint, Stop);
                await copy.WriteAsync(id, NpgsqlDbType.Uuid, Stop);
                await copy.WriteAsync(stream, NpgsqlDbType.Varchar, Stop);
                await copy.WriteAsync(version, NpgsqlDbType.Bigint, Stop);
                await copy.WriteAsync(data, NpgsqlDbType.Jsonb, Stop);
                await copy.WriteAsync(type, NpgsqlDbType.Varchar, Stop);
                await copy.WriteAsync(at, NpgsqlDbType.TimestampTz, Stop);
            }

            await copy.CompleteAsync(Stop);
        }

        return watch.Elapsed;
    }
}
