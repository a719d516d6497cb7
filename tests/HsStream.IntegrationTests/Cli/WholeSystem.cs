using System.Text.Json;
using System.Text.Json.Nodes;
using HsStream.Cli;
using HsStream.IntegrationTests.Cli;
using HsStream.Scoring.Bundles;
using HsStream.UnitTests.Scoring.Onnx;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(WholeSystem))]

namespace HsStream.IntegrationTests.Cli;

/// <summary>One <c>hsstream up</c> with all roles and a small hand-made model, for the tests of all verbs; started by the first that needs it.</summary>
/// <remarks>Tests share its topics and ledger: each takes ids of its own and looks at nothing else.</remarks>
public sealed class WholeSystem : IAsyncLifetime
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly TemporaryDirectory _directory = new();
    private readonly TemporaryDirectory _files = new();
    private readonly SemaphoreSlim _starting = new(1);
    private HsStreamProcess? _up;

    public string Folder => _directory.Path;

    public BundleStore Bundles => new(Path.Combine(Folder, "models"));

    /// <summary>The addresses of the running system.</summary>
    public JsonElement Addresses { get; private set; }

    /// <summary>The first champion.</summary>
    public string Model { get; private set; } = "";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async Task StartAsync()
    {
        await _starting.WaitAsync(Stop);
        try
        {
            if (_up is not null) { return; }
            Model = AddBundle(Bundles, 1);
            (_up, Addresses) = await HsStreamProcess.SystemAsync(Folder, "--no-training");
            await UntilAsync("the first model to be champion", async () => (await RunAsync("models", "list", "--json")).Output.Contains("CHAMPION", StringComparison.Ordinal));
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <returns>The version; another one for another seed.</returns>
    internal static string AddBundle(BundleStore store, int seed)
    {
        // The store lies in a data directory, which must not look like somebody else's folder.
        DataDirectory.Prepare(Path.GetDirectoryName(store.Root)!);
        return store.Add(TinyModel.Manifest(TinyModel.Encoder) with { Seed = seed }, TinyModel.Files()).ModelVersion;
    }

    internal string AddBundle(int seed) => AddBundle(Bundles, seed);

    /// <summary>Runs a verb against this system.</summary>
    internal Task<Outcome> RunAsync(params string[] arguments) => Outcome.OfAsync([.. arguments, "--data-dir", Folder]);

    /// <summary>Publishes descriptions and waits until each has its decision in the ledger.</summary>
    internal async Task DecideAsync(params (string Id, string Text)[] descriptions)
    {
        var file = Path.Combine(_files.Path, Guid.NewGuid().ToString("n") + ".csv");
        await File.WriteAllLinesAsync(file, ["id,description", .. descriptions.Select(d => $"{d.Id},{d.Text}")], Stop);
        var published = await RunAsync("publish", file);
        Assert.True(published.ExitCode == 0, published.Errors);
        foreach (var (id, _) in descriptions) { await DecidedAsync(id); }
    }

    internal Task DecidedAsync(string id) => UntilAsync($"a decision of {id}", async () => await ScalarAsync(
        "select count(*) from ledger.mt_events where type = 'code_predicted.v1' and stream_id = $1", "goods/" + id) is > 0L);

    internal async Task<object?> ScalarAsync(string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(Addresses.GetProperty("postgres").GetString() + ";Pooling=false");
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) { command.Parameters.Add(new NpgsqlParameter { Value = value }); }
        return await command.ExecuteScalarAsync(Stop);
    }

    internal static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        deadline.CancelAfter(Patience);
        while (!await isSo())
        {
            if (deadline.IsCancellationRequested) { Assert.Fail($"Expected {what} within {Patience.TotalSeconds} s."); }
            await Task.Delay(TimeSpan.FromMilliseconds(100), Stop);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_up is not null)
        {
            _up.Signal(HsStreamProcess.SigTerm);
            await _up.EndAsync();
            await _up.DisposeAsync();
        }

        _directory.Dispose();
        _files.Dispose();
        _starting.Dispose();
    }
}

/// <summary>What a verb printed and how it ended.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Errors)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public List<JsonNode> Json => [.. Lines.Select(line => JsonNode.Parse(line)!)];

    /// <summary>The one line of an error.</summary>
    public string Error => Assert.Single(Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    public static async Task<Outcome> OfAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return new Outcome(await CommandLine.RunAsync(arguments, output, errors), output.ToString(), errors.ToString());
    }

    /// <summary>The operator's mistake costs one line that says what to do.</summary>
    public void IsRefused(string expected, int exitCode = 1)
    {
        Assert.Equal(exitCode, ExitCode);
        Assert.Equal("", Output);
        Assert.StartsWith("hsstream: ", Error, StringComparison.Ordinal);
        Assert.Contains(expected, Error, StringComparison.Ordinal);
    }
}
