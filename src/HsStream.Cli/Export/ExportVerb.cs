using System.CommandLine;
using System.Globalization;
using HsStream.Cli.Connect;
using HsStream.Cli.Replay;
using HsStream.Store;
using HsStream.Store.Verification;
using Npgsql;

namespace HsStream.Cli.Export;

/// <summary><c>hsstream export</c>: events as JSON lines with proofs, which anybody can verify without our database.</summary>
internal static class ExportVerb
{
    private const string StandardOutput = "-";

    public static Command Describe()
    {
        var file = new Option<string>("--output") { Description = "Where to write; - is standard output.", HelpName = "FILE", Required = true };
        var id = new Option<string?>("--id") { Description = "Events of one description only.", HelpName = "ID" };
        var range = new RangeFlags();
        var force = new Option<bool>("--force") { Description = "Write over a file that is there." };
        var connection = new ConnectionFlags();
        var verb = new Command("export", "Write events as JSON lines with inclusion proofs and the chain of seals; hsstream verify --file checks it anywhere.") { file, id };
        range.AddTo(verb);
        verb.Add(force);
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var path = parsed.GetValue(file)!;
            var asked = range.Read(parsed);
            if (parsed.GetValue(id) is not null && range.IsGiven(parsed)) { throw new OperatorException("expected --id, or --from and --to, and not both"); }
            await using var ledger = await LedgerAccess.OpenAsync(connection.Read(parsed), signals.Token);
            var selection = new ExportSelection();
            if (parsed.GetValue(id) is { } one)
            {
                await DecisionsOf.TimelineAsync(ledger.Queries, one, signals.Token);
                selection = new ExportSelection { DescriptionId = one };
            }
            else if (range.IsGiven(parsed))
            {
                var (first, last) = await BoundsAsync(ledger, asked.From, asked.To, signals.Token);
                if (first > last) { throw new OperatorException("the ledger recorded nothing in this stretch; hsstream as-of now says what it has"); }
                selection = new ExportSelection { FromSequence = first, ToSequence = last };
            }

            var written = await WriteAsync(ledger, selection, path, parsed.GetValue(force), parsed.InvocationConfiguration, signals.Token);
            await parsed.InvocationConfiguration.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"wrote {written} events to {path}; hsstream verify --file {path} checks them"));
            return 0;
        });
        return verb;
    }

    private static async Task<long> WriteAsync(LedgerStore ledger, ExportSelection selection, string path, bool isForced, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        if (path != StandardOutput && !isForced && File.Exists(path)) { throw new OperatorException($"{path} is there already; --force writes over it"); }
        // Under its name only when it is whole.
        var temporary = path + ".part";
        try
        {
            using var line = new ProgressLine(console.Error, "events written", null, TimeProvider.System);
            long written;
            if (path == StandardOutput)
            {
                await using var output = console.Output == Console.Out ? Console.OpenStandardOutput() : new Generate.TextStream(console.Output);
                return await ledger.Exporter.ExportAsync(selection, output, new Reporter(line), cancellationToken);
            }

            await using (var output = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                written = await ledger.Exporter.ExportAsync(selection, output, new Reporter(line), cancellationToken);
                output.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            return written;
        }
        catch (Exception e)
        {
            if (path != StandardOutput && File.Exists(temporary)) { File.Delete(temporary); }
            if (e is LedgerTamperedException) { throw new OperatorException(e.Message.TrimEnd('.'), e); }
            if (e is IOException or UnauthorizedAccessException) { throw new OperatorException($"cannot write {path}: {e.Message}", e); }
            throw;
        }
    }

    /// <summary>Instants to sequences, by the seals: all events of a seal bear its time.</summary>
    private static async Task<(long First, long Last)> BoundsAsync(LedgerStore ledger, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        await using var session = ledger.Marten.QuerySession();
        await using var command = new NpgsqlCommand(
            $"select coalesce(min(first_sequence), 1), coalesce(max(first_sequence + event_count - 1), 0) from {LedgerAccess.Schema}.ledger_seals where event_count > 0 and sealed_at >= $1 and sealed_at < $2");
        command.Parameters.Add(new NpgsqlParameter { Value = from?.UtcDateTime ?? DateTime.UnixEpoch });
        command.Parameters.Add(new NpgsqlParameter { Value = to?.UtcDateTime ?? new DateTime(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc) });
        await using var reader = await session.ExecuteReaderAsync(command, cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt64(0), reader.GetInt64(1)) : (1, 0);
    }

    private sealed class Reporter(ProgressLine line) : IProgress<VerifyProgress>
    {
        public void Report(VerifyProgress value) => line.Report(value.Events, string.Create(CultureInfo.InvariantCulture, $", seal {value.Seal} of {value.LastSeal}"));
    }
}
