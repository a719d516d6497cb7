using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using HsStream.Cli.Connect;
using HsStream.Cli.Models;

namespace HsStream.Cli.Status;

/// <summary><c>hsstream status</c>: how the system is, on one page.</summary>
internal static class StatusVerb
{
    public static Command Describe()
    {
        var connection = new ConnectionFlags();
        var http = new Option<string[]>("--http") { Description = "Address of a process of roles, for its health; may be repeated; default: those of the running hsstream up.", HelpName = "URL", DefaultValueFactory = _ => [] };
        var json = CommonOptions.Json("Print one JSON object.");
        var verb = new Command("status", "Show topics, groups and their lag, roles, champion, ledger and dead letters. Exits with 1 when something is wrong.") { http, json };
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var connections = connection.Read(parsed);
            var roles = parsed.GetValue(http) is { Length: > 0 } named ? named.ToDictionary(address => address, address => address)
                : Endpoints.TryRead(connection.DataDirectory(parsed)) is { } running && running.Kafka == connections.BootstrapServers ? running.Roles
                : new Dictionary<string, string>();
            var status = await SystemStatus.ReadAsync(connections, roles, TimeProvider.System, signals.Token);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) { await output.WriteLineAsync(JsonLine.Write(Json(status))); } else { await WriteAsync(status, output); }
            foreach (var problem in status.Problems) { await parsed.InvocationConfiguration.Error.WriteLineAsync($"hsstream: {problem}"); }
            return status.Problems.Count == 0 ? 0 : 1;
        });
        return verb;
    }

    private static async Task WriteAsync(SystemStatus status, TextWriter output)
    {
        var facts = new Listing("what", "value");
        facts.Add("kafka", $"{status.Connections.BootstrapServers} ({status.Connections.Origin})");
        foreach (var role in status.Roles) { facts.Add(role.Roles, $"{role.Status}, {role.Address}"); }
        facts.Add("champion", status.Champion is { } champion ? $"{champion.Version} since {Instant.Write(champion.Since)} by {champion.Actor}: {champion.Reason}" : "none");
        foreach (var model in status.Models.Where(model => model.State.Stage is Domain.Messages.ModelStage.Shadow or Domain.Messages.ModelStage.Experiment)) { facts.Add(ModelStep.Word(model.State.Stage)!.ToLowerInvariant(), model.Version); }
        if (status.Ledger is { } ledger)
        {
            facts.Add("ledger events", ledger.LastSequence);
            facts.Add("last seal", ledger.Head is { } head ? $"{head.Name} at {Instant.Write(head.SealedAt)}" : "none");
            facts.Add("ledger lag", status.Lag is { } lag ? $"{lag.Records} records{(lag.Unknown.Count > 0 ? $", not begun: {string.Join(", ", lag.Unknown)}" : "")}" : "unknown");
            facts.Add("database", string.Create(CultureInfo.InvariantCulture, $"{ledger.DatabaseBytes / 1e6:0.0} MB"));
        }

        facts.Add("dead letters", status.DeadLetters.Count == 0 ? "none" : string.Join(", ", status.DeadLetters.OrderByDescending(reason => reason.Value).Select(reason => $"{reason.Value} {reason.Key}")));
        await facts.WriteAsync(output, isJson: false);
        var topics = new Listing("topic", "partitions", "records");
        foreach (var topic in status.Topics) { topics.Add(topic.Topic, topic.Partitions, topic.Records); }
        await topics.WriteAsync(output, isJson: false);
        var groups = new Listing("group", "state", "members", "topic", "lagRecords", "lagSeconds");
        foreach (var group in status.Groups) { groups.Add(group.Group, group.State, group.Members, group.Topic, group.Lag, Seconds(group.Behind)); }
        await groups.WriteAsync(output, isJson: false);
    }

    private static JsonObject Json(SystemStatus status) => new()
    {
        ["kafka"] = status.Connections.BootstrapServers,
        ["roles"] = new JsonArray([.. status.Roles.Select(role => new JsonObject
        {
            ["roles"] = role.Roles, ["address"] = role.Address, ["status"] = role.Status, ["problems"] = new JsonArray([.. role.Problems.Select(problem => JsonValue.Create(problem))]),
        })]),
        ["champion"] = status.Champion is { } champion
            ? new JsonObject { ["version"] = champion.Version, ["since"] = Instant.Write(champion.Since), ["by"] = champion.Actor, ["reason"] = champion.Reason }
            : null,
        ["models"] = new JsonArray([.. status.Models.Select(model => new JsonObject { ["version"] = model.Version, ["stage"] = ModelStep.Word(model.State.Stage) })]),
        ["ledger"] = status.Ledger is { } ledger
            ? new JsonObject
            {
                ["events"] = ledger.LastSequence,
                ["seal"] = ledger.Head?.Name,
                ["sealedAt"] = ledger.Head is { } head ? Instant.Write(head.SealedAt) : null,
                ["lagRecords"] = status.Lag?.Records,
                ["databaseBytes"] = ledger.DatabaseBytes,
            }
            : null,
        ["deadLetters"] = new JsonObject(status.DeadLetters.Select(reason => KeyValuePair.Create(reason.Key, (JsonNode?)reason.Value))),
        ["topics"] = new JsonArray([.. status.Topics.Select(topic => new JsonObject { ["topic"] = topic.Topic, ["partitions"] = topic.Partitions, ["records"] = topic.Records })]),
        ["groups"] = new JsonArray([.. status.Groups.Select(group => new JsonObject
        {
            ["group"] = group.Group, ["state"] = group.State, ["members"] = group.Members, ["topic"] = group.Topic, ["lagRecords"] = group.Lag, ["lagSeconds"] = Seconds(group.Behind),
        })]),
        ["problems"] = new JsonArray([.. status.Problems.Select(problem => JsonValue.Create(problem))]),
    };

    private static JsonNode? Seconds(TimeSpan? time) => time is { } known ? Math.Round(known.TotalSeconds, 1) : null;
}
