using System.CommandLine;
using System.Text.Json.Nodes;
using HsStream.Cli.Connect;
using HsStream.Cli.Up;
using HsStream.Service.Configuration;

namespace HsStream.Cli.Run;

/// <summary><c>hsstream run</c>: some roles of the service, on any Kafka, schema registry and PostgreSQL.</summary>
internal static class RunVerb
{
    /// <summary>In the current folder for <c>run</c>, in the data directory for <c>up</c>.</summary>
    public const string SettingsFile = "hsstream.json";

    public static Command Describe()
    {
        var roles = new Option<string>("--roles") { Description = $"Which, with commas: {Roles.All}.", HelpName = "ROLES", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("HSSTREAM_ROLES") is { Length: > 0 } given ? given : Roles.All };
        var connection = new ConnectionFlags();
        var models = new Option<string?>("--models") { Description = "Folder of the bundles; default: models/ in the data directory.", HelpName = "DIR" };
        var modelsUrl = new Option<string?>("--models-url") { Description = "Console from which missing bundles are fetched.", HelpName = "URL" };
        var httpHost = new Option<string?>("--http-host") { Description = "Address for HTTP; * is every one; default: 127.0.0.1.", HelpName = "HOST" };
        var http = CommonOptions.Port("--http-port", 0, "HTTP server: health, metrics and, with the role console, the API");
        var set = CommonOptions.Settings("--set", "Any setting by its key, such as Scorer:Workers=2; may be repeated.");
        var settings = new Option<string>("--settings") { Description = "JSON file of settings; the environment (HSSTREAM_Scorer__Workers) and options win over it.", HelpName = "FILE", DefaultValueFactory = _ => SettingsFile };
        var json = CommonOptions.Json("When ready, print one JSON line with the HTTP address.");
        var verbose = new Option<bool>("--verbose") { Description = "Log what the roles do, not only warnings." };
        var untilInputCloses = new Option<bool>(ServiceStart.UntilInputCloses) { Hidden = true };
        var verb = new Command("run", "Run roles of the service against any Kafka, schema registry and PostgreSQL; stop them at Ctrl-C.") { roles };
        connection.AddTo(verb);
        foreach (var option in (Option[])[models, modelsUrl, httpHost, http, set, settings, json, verbose, untilInputCloses]) { verb.Add(option); }
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(signals.Token);
            if (parsed.GetValue(untilInputCloses)) { WatchInput(stop); }
            var found = connection.Read(parsed);
            List<string> arguments =
            [
                "--roles", parsed.GetValue(roles)!, "--bootstrap-servers", found.BootstrapServers, "--registry", found.Registry, "--postgres", found.Postgres,
                "--http-port", $"{parsed.GetValue(http)}",
            ];
            if (parsed.GetValue(models) is { } folder) { arguments.AddRange(["--models", folder]); }
            else if (Environment.GetEnvironmentVariable("HSSTREAM_MODELS") is not { Length: > 0 }) { arguments.AddRange(["--models", Path.Combine(connection.DataDirectory(parsed), "models")]); }
            if (parsed.GetValue(modelsUrl) is { } url) { arguments.AddRange(["--models-url", url]); }
            if (parsed.GetValue(httpHost) is { } host) { arguments.AddRange(["--http-host", host]); }
            foreach (var (key, value) in parsed.GetValue(set)!) { arguments.Add($"--{key}={value}"); }
            return await RunAsync(ReadOptions(parsed.GetValue(settings)!, arguments), found, parsed.GetValue(json), parsed.GetValue(verbose), parsed.InvocationConfiguration, stop.Token);
        });
        return verb;
    }

    /// <exception cref="OperatorException">An unknown key, or a value against its rule.</exception>
    public static ServiceOptions ReadOptions(string settingsFile, IReadOnlyList<string> arguments)
    {
        try
        {
            return ConfigurationReader.Read(settingsFile, Environment.GetEnvironmentVariables(), arguments);
        }
        catch (ConfigurationException e)
        {
            throw new OperatorException(e.Message, e);
        }
    }

    private static async Task<int> RunAsync(ServiceOptions options, Connections found, bool isJson, bool isVerbose, InvocationConfiguration console, CancellationToken stop)
    {
        using var loggers = UpVerb.CreateLoggers(isVerbose);
        await using var service = await ServiceStart.StartAsync(options, loggers, TimeProvider.System, stop);
        var address = service.Url.GetLeftPart(UriPartial.Authority);
        if (isJson)
        {
            await console.Output.WriteLineAsync(JsonLine.Write(new JsonObject { ["http"] = address, ["roles"] = options.Roles, ["kafka"] = options.Kafka.BootstrapServers, ["processId"] = Environment.ProcessId }));
        }
        else
        {
            await console.Output.WriteLineAsync($"roles     {options.Roles}");
            await console.Output.WriteLineAsync($"kafka     {options.Kafka.BootstrapServers} ({found.Origin})");
            await console.Output.WriteLineAsync($"http      {address}");
            await console.Error.WriteLineAsync("hsstream: running; Ctrl-C stops it");
        }

        await console.Output.FlushAsync(CancellationToken.None);
        try
        {
            // Fails when a role cannot go on; the process then ends, so that its work moves elsewhere.
            await service.Completion.WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await console.Error.WriteLineAsync("hsstream: stopping");
        }

        return 0;
    }

    private static void WatchInput(CancellationTokenSource stop) => Task.Run(async () =>
    {
        using var input = Console.OpenStandardInput();
        var buffer = new byte[256];
        while (await input.ReadAsync(buffer) > 0)
        {
            // Whatever is typed means nothing.
        }

        try
        {
            await stop.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The verb has ended already.
        }
    });
}
