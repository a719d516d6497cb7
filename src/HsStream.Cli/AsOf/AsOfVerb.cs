using System.CommandLine;
using System.Text.Json.Nodes;
using HsStream.Cli.Audit;
using HsStream.Cli.Connect;
using HsStream.Cli.Models;
using HsStream.Cli.Replay;
using HsStream.Store;

namespace HsStream.Cli.AsOf;

/// <summary><c>hsstream as-of</c>: which model served at an instant, and what the ledger knew by then.</summary>
internal static class AsOfVerb
{
    public static Command Describe()
    {
        var instant = new Argument<string>("INSTANT") { Description = "Such as 2026-01-31T12:00:00Z, or now." };
        var id = new Option<string?>("--id") { Description = "Show also what was known of this description by then.", HelpName = "ID" };
        var json = CommonOptions.Json("Print one JSON object.");
        var connection = new ConnectionFlags();
        var verb = new Command("as-of", "Show which model served at an instant and what was known by then.") { instant, id, json };
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var at = Instant.Parse("INSTANT", parsed.GetValue(instant)!);
            await using var ledger = await LedgerAccess.OpenAsync(connection.Read(parsed), cancellationToken);
            var known = await KnownThen.ReadAsync(ledger, at, cancellationToken);
            var entries = parsed.GetValue(id) is { } one ? await EntriesAsync(ledger, one, at, cancellationToken) : null;
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) { await output.WriteLineAsync(JsonLine.Write(Json(known, entries))); } else { await WriteAsync(known, entries, output); }
            return 0;
        });
        return verb;
    }

    private static async Task<List<AuditEntry>> EntriesAsync(LedgerStore ledger, string id, DateTimeOffset at, CancellationToken cancellationToken) =>
        [.. (await DecisionsOf.TimelineAsync(ledger.Queries, id, cancellationToken)).Events.Where(stored => stored.RecordedAt <= at).Select(AuditEntry.Of)];

    private static async Task WriteAsync(KnownThen known, List<AuditEntry>? entries, TextWriter output)
    {
        var facts = new Listing("what", "value");
        facts.Add("instant", Instant.Write(known.At));
        facts.Add("served by", known.Served is { } served ? served.Version : "no model");
        if (known.Served is { } period)
        {
            facts.Add("since", $"{Instant.Write(period.Since)} by {period.Actor}: {period.Reason}");
            facts.Add("until", period.Until is { } until ? Instant.Write(until) : "it still serves");
        }

        facts.Add("events", known.Events);
        facts.Add("last seal", known.Seal ?? "none");
        foreach (var (type, count) in known.ByType) { facts.Add(type, count); }
        foreach (var (version, state) in known.Models) { facts.Add($"model {ModelNames.Short(version)}", ModelStep.Word(state.Stage)); }
        await facts.WriteAsync(output, isJson: false);
        foreach (var entry in entries ?? [])
        {
            await output.WriteLineAsync($"\n{Instant.Write(entry.RecordedAt)}  event {entry.Sequence}  {entry.What}  by {entry.By}");
            foreach (var (name, value) in entry.Details) { await output.WriteLineAsync($"    {name,-14} {value}"); }
        }

        if (entries is { Count: 0 }) { await output.WriteLineAsync("\nnothing was known of it by then"); }
    }

    private static JsonObject Json(KnownThen known, List<AuditEntry>? entries)
    {
        var json = new JsonObject
        {
            ["instant"] = Instant.Write(known.At),
            ["servedBy"] = known.Served?.Version,
            ["since"] = known.Served is { } served ? Instant.Write(served.Since) : null,
            ["until"] = known.Served?.Until is { } until ? Instant.Write(until) : null,
            ["by"] = known.Served?.Actor,
            ["reason"] = known.Served?.Reason,
            ["events"] = known.Events,
            ["seal"] = known.Seal,
            ["byType"] = new JsonObject(known.ByType.Select(type => KeyValuePair.Create(type.Type, (JsonNode?)type.Count))),
            ["models"] = new JsonObject(known.Models.Select(model => KeyValuePair.Create(model.Version, (JsonNode?)ModelStep.Word(model.State.Stage)))),
        };
        if (entries is not null)
        {
            json["timeline"] = new JsonArray([.. entries.Select(entry => new JsonObject { ["event"] = entry.Sequence, ["recordedAt"] = Instant.Write(entry.RecordedAt), ["what"] = entry.What, ["by"] = entry.By })]);
        }

        return json;
    }
}
