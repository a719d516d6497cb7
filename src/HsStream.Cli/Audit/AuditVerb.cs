using System.CommandLine;
using HsStream.Cli.Connect;
using HsStream.Cli.Replay;

namespace HsStream.Cli.Audit;

/// <summary><c>hsstream audit</c>: why a description got its code, when, from which model, trained on what, and who changed it.</summary>
internal static class AuditVerb
{
    public static Command Describe()
    {
        var id = new Argument<string>("ID") { Description = "The description's id." };
        var noReplay = new Option<bool>("--no-replay") { Description = "Show what is recorded; execute nothing again." };
        var models = new Option<string?>("--models") { Description = "Folder of the bundles; default: that of the running hsstream up, else models/ in the data directory.", HelpName = "DIR" };
        var modelsUrl = new Option<string?>("--models-url") { Description = "Console from which missing bundles are fetched; default: that of the running hsstream up.", HelpName = "URL" };
        var json = CommonOptions.Json("Print one JSON object.");
        var connection = new ConnectionFlags();
        var verb = new Command("audit", "Show everything about a description: texts, decisions with model, data and explanation, corrections, erasures.") { id, noReplay, models, modelsUrl, json };
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            var connections = connection.Read(parsed);
            await using var ledger = await LedgerAccess.OpenAsync(connections, signals.Token);
            using var bundles = ReplayModels.Open(parsed.GetValue(models), parsed.GetValue(modelsUrl), connection.DataDirectory(parsed), connections);
            var report = await AuditReport.MakeAsync(ledger, bundles, parsed.GetValue(id)!, parsed.GetValue(noReplay), signals.Token);
            if (parsed.GetValue(json)) { await output.WriteLineAsync(JsonLine.Write(report.ToJson())); } else { await report.WriteAsync(output); }
            return 0;
        });
        return verb;
    }
}
