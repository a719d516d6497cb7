using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using HsStream.Cli.Connect;
using HsStream.Store.Chain;
using HsStream.Store.Verification;

namespace HsStream.Cli.Verify;

/// <summary><c>hsstream verify</c>: whether the ledger, or an export of it, is what was written.</summary>
internal static class VerifyVerb
{
    public static Command Describe()
    {
        var file = new Option<string?>("--file") { Description = "Verify an export instead; no database is needed.", HelpName = "EXPORT" };
        var head = new Option<string?>("--head") { Description = "A head that was noted earlier, NUMBER:HASH: whoever rewrites the whole database can rewrite the chain, but not your note.", HelpName = "N:HASH" };
        var fromSeal = CommonOptions.Number("--from-seal", 1, "First seal to check; those before it are taken on trust.");
        var most = CommonOptions.Number("--max-findings", 1, "Findings to describe; the rest is counted; default: 100.");
        var json = CommonOptions.Json("Print the report as one JSON object.");
        var connection = new ConnectionFlags();
        var verb = new Command("verify", "Recompute the ledger's hash chain and name the first event that was altered, removed or inserted. Exits with 1 when anything is not as it was written.") { file, head, fromSeal, most, json };
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var console = parsed.InvocationConfiguration;
            var options = new VerifyOptions { FromSeal = parsed.GetValue(fromSeal) ?? 1, Head = Noted(parsed.GetValue(head)), MaxFindings = (int)Math.Min(parsed.GetValue(most) ?? 100, int.MaxValue) };
            VerifyReport report;
            using (var line = new ProgressLine(console.Error, "events verified", null, TimeProvider.System))
            {
                var progress = new Reporter(line);
                if (parsed.GetValue(file) is { } path)
                {
                    if (options.FromSeal > 1) { throw new OperatorException("--from-seal is for the database; an export is verified as a whole"); }
                    await using var export = Open(path);
                    report = await ExportVerifier.VerifyAsync(export, options, progress, signals.Token);
                }
                else
                {
                    await using var ledger = await LedgerAccess.OpenAsync(connection.Read(parsed), signals.Token);
                    report = await ledger.Verifier.VerifyAsync(options, progress, signals.Token);
                }
            }

            if (parsed.GetValue(json)) { await console.Output.WriteLineAsync(JsonLine.Write(Json(report))); } else { await WriteAsync(report, console.Output); }
            return report.IsValid ? 0 : 1;
        });
        return verb;
    }

    internal static async Task WriteAsync(VerifyReport report, TextWriter output)
    {
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{(report.IsValid ? "VALID" : "NOT VALID")}: {report.Events} events under {report.Seals} seals{(report.Erased + report.ErasedElsewhere > 0 ? $", {report.Erased + report.ErasedElsewhere} of them without their erased text" : "")}"));
        if (report.Head is { } head) { await output.WriteLineAsync($"head {head}  (note it down elsewhere: verify --head compares with it)"); }
        if (report.IsValid) { return; }
        var listing = new Listing("finding", "seal", "event", "stream", "detail");
        foreach (var finding in report.Findings) { listing.Add(finding.Kind.ToString(), finding.Seal, finding.Sequence, finding.StreamId, finding.Detail); }
        await listing.WriteAsync(output, isJson: false);
        if (report.FindingCount > report.Findings.Count) { await output.WriteLineAsync($"and {report.FindingCount - report.Findings.Count} more; --max-findings describes them"); }
    }

    private static JsonObject Json(VerifyReport report) => new()
    {
        ["valid"] = report.IsValid,
        ["events"] = report.Events,
        ["seals"] = report.Seals,
        ["erased"] = report.Erased,
        ["erasedElsewhere"] = report.ErasedElsewhere,
        ["head"] = report.Head,
        ["findingCount"] = report.FindingCount,
        ["findings"] = new JsonArray([.. report.Findings.Select(finding => new JsonObject
        {
            ["finding"] = finding.Kind.ToString(), ["seal"] = finding.Seal, ["event"] = finding.Sequence, ["stream"] = finding.StreamId, ["detail"] = finding.Detail,
        })]),
    };

    private static NotedHead? Noted(string? text)
    {
        try
        {
            return text is null ? null : NotedHead.Parse(text);
        }
        catch (FormatException e)
        {
            throw new OperatorException($"--head: {e.Message.TrimEnd('.')}", e);
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"cannot read {path}: {e.Message}", e);
        }
    }

    private sealed class Reporter(ProgressLine line) : IProgress<VerifyProgress>
    {
        public void Report(VerifyProgress value) => line.Report(value.Events, value.LastSeal > 0 ? string.Create(CultureInfo.InvariantCulture, $", seal {value.Seal} of {value.LastSeal}") : "");
    }
}
