using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using HsStream.IntegrationTests.Cli;
using Xunit;

namespace HsStream.IntegrationTests.Clients;

/// <summary>The examples of docs/clients, run as they are printed there, against a whole system.</summary>
public sealed class ExampleClientTests(WholeSystem system, ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly TemporaryDirectory _directory = new();

    private string Kafka => system.Addresses.GetProperty("kafka").GetString()!;

    private string Registry => system.Addresses.GetProperty("registry").GetString()!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await system.StartAsync();

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Python_publishes_a_csv_and_reads_the_predictions()
    {
        Require(File.Exists("/usr/lib/python3/dist-packages/avro/__init__.py"), "python3-avro");
        Require(File.Exists("/usr/lib/python3/dist-packages/confluent_kafka/__init__.py"), "python3-confluent-kafka");
        var csv = Path.Combine(_directory.Path, "goods.csv");
        await File.WriteAllTextAsync(csv, "id,description\npy-1,mountain bicycle 26 inch\npy-2,\"coffee, roasted\"\n", Stop);
        string[] servers = ["--bootstrap-servers", Kafka, "--registry", Registry];
        Assert.Contains("published 2 descriptions", await RunAsync("/usr/bin/python3", [Script("python/publish.py"), csv, .. servers]), StringComparison.Ordinal);
        await system.DecidedAsync("py-1");
        await system.DecidedAsync("py-2");
        await ReadAsync(
            async count => await RunAsync("/usr/bin/python3", [Script("python/consume.py"), .. servers, "--group", Guid.NewGuid().ToString("n"), "--count", count]),
            "py-1\tAUTO\t871200\t", "py-2\tAUTO\t090121\t");
    }

    [Fact]
    public async Task JavaScript_publishes_and_reads_the_predictions()
    {
        Require(IsOnPath("node"), "nodejs");
        var modules = Path.Combine(Root(), ".tools", "node_modules");
        if (!Directory.Exists(Path.Combine(modules, "@kafkajs", "confluent-schema-registry"))) { Assert.Fail("The JavaScript clients are missing. Install them with: ./setup.sh test"); }
        (string, string)[] environment = [("KAFKA", Kafka), ("REGISTRY", Registry), ("NODE_PATH", modules)];
        Assert.Contains("published 2 descriptions", await RunAsync("node", [Script("javascript/publish.js"), "js-1=used bicycle blue", "js-2=hex bolt steel"], environment), StringComparison.Ordinal);
        await system.DecidedAsync("js-1");
        await system.DecidedAsync("js-2");
        await ReadAsync(
            async count => await RunAsync("node", [Script("javascript/consume.js")], [.. environment, ("GROUP", Guid.NewGuid().ToString("n")), ("COUNT", count)]),
            "js-1\tAUTO\t871200\t", "js-2\tAUTO\t731815\t");
    }

    [Fact]
    public async Task Curl_publishes_over_http_and_kcat_reads_what_is_text()
    {
        Require(IsOnPath("kcat"), "kcat");
        Require(IsOnPath("curl"), "curl");
        var http = system.Addresses.GetProperty("http").GetString();
        var accepted = await RunAsync("curl", ["-sS", "--fail-with-body", "-H", "Content-Type: application/json", "-d", """{"description_id": "kcat-1", "text": "espresso coffee beans roasted"}""", $"{http}/v1/descriptions"]);
        Assert.Contains("kcat-1", accepted, StringComparison.Ordinal);
        await system.DecidedAsync("kcat-1");
        var keys = await RunAsync("kcat", ["-b", Kafka, "-C", "-t", "hs.predictions", "-X", "isolation.level=read_committed", "-o", "beginning", "-e", "-q", "-f", "%k %h\n"]);
        Assert.Contains(keys.Split('\n'), line => line.StartsWith("kcat-1 ", StringComparison.Ordinal) && line.Contains("ce_type=hsstream.HsPrediction.v1", StringComparison.Ordinal));
        var decision = JsonNode.Parse(await RunAsync("curl", ["-sS", "--fail-with-body", $"{http}/v1/decisions/kcat-1"]))!;
        Assert.Contains("090121", decision.ToJsonString(), StringComparison.Ordinal);
    }

    /// <summary>Reads as many predictions as there are; once more when other tests added some that came first.</summary>
    private async Task ReadAsync(Func<string, Task<string>> read, params string[] expected)
    {
        var text = "";
        for (var i = 0; i < 3 && !expected.All(line => text.Contains(line, StringComparison.Ordinal)); i++) { text = await read(await CountAsync()); }
        Assert.All(expected, line => Assert.Contains(line, text, StringComparison.Ordinal));
    }

    /// <summary>Different predictions in the topic by now.</summary>
    private async Task<string> CountAsync() => (await system.RunAsync("tail", "hs.predictions", "--from", "beginning", "--json")).Json
        .Select(record => (string)record["value"]!["prediction_id"]!).Distinct().Count().ToString(CultureInfo.InvariantCulture);

    private static void Require(bool isThere, string package)
    {
        if (!isThere) { Assert.Fail($"{package} is missing. Install it with: ./setup.sh test"); }
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));

    private static string Script(string name) => Path.Combine(Root(), "docs", "clients", name);

    private async Task<string> RunAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, Environment = { ["PYTHONDONTWRITEBYTECODE"] = "1" } };
        foreach (var (name, value) in environment) { start.Environment[name] = value; }
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (text, errors) = (process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        output.WriteLine(await text + await errors);
        Assert.True(process.HasExited && process.ExitCode == 0, $"{program} {arguments[0]} did not end well within {Limit}:\n{await text}{await errors}");
        return await text;
    }
}
