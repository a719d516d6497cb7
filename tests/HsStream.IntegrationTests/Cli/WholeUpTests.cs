using System.Diagnostics;
using System.Text.Json.Nodes;
using HsStream.Cli.Connect;
using HsStream.Embedded.Postgres;
using HsStream.Scoring.Bundles;
using Xunit;

namespace HsStream.IntegrationTests.Cli;

/// <summary><c>up</c> and <c>run</c> as processes that start, die and stop.</summary>
public sealed class WholeUpTests(WholeSystem system) : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        var data = Path.Combine(_directory.Path, "postgres", "data");
        if (PostmasterFile.Read(data) is { } server && new ServerProcesses(data, TimeProvider.System) is var processes && processes.IsOurs(server.ProcessId))
        {
            await processes.StopAsync(server.ProcessId, TimeSpan.FromSeconds(5), CancellationToken.None);
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task Isolated_roles_come_back_when_they_die_and_go_with_their_parent()
    {
        WholeSystem.AddBundle(new BundleStore(Path.Combine(_directory.Path, "models")), 1);
        var (up, _) = await HsStreamProcess.SystemAsync(_directory.Path, "--isolate", "--no-training");
        await using (up)
        {
            Assert.Equal(["console", "ledger", "scorer"], Endpoints.TryRead(_directory.Path)!.Roles.Keys.Order());
            var scorer = Assert.Single(Children(up.Id), child => child.Arguments.Contains("--roles\0scorer\0", StringComparison.Ordinal)).Id;
            NativeCalls.Signal(scorer, NativeCalls.SigKill);
            await WholeSystem.UntilAsync("another scorer, ready", async () =>
                Children(up.Id).Any(child => child.Id != scorer && child.Arguments.Contains("--roles\0scorer\0", StringComparison.Ordinal))
                && (await Outcome.OfAsync("status", "--json", "--data-dir", _directory.Path)) is { ExitCode: 0, Json: [var status] } && status["roles"]!.AsArray().Count == 3);
            Assert.Contains("Roles scorer ended (exit code 137)", up.Errors, StringComparison.Ordinal);

            var children = Children(up.Id).Where(child => child.Arguments.Contains("\0run\0", StringComparison.Ordinal)).Select(child => child.Id).ToList();
            Assert.Equal(3, children.Count);
            up.Signal(HsStreamProcess.SigKill);
            await up.EndAsync();
            await WholeSystem.UntilAsync("the roles to end with their parent", () => Task.FromResult(children.TrueForAll(child => !Directory.Exists($"/proc/{child}"))));
        }
    }

    [Fact]
    public async Task The_endpoints_are_there_while_it_runs_and_gone_afterwards()
    {
        WholeSystem.AddBundle(new BundleStore(Path.Combine(_directory.Path, "models")), 1);
        var (up, addresses) = await HsStreamProcess.SystemAsync(_directory.Path, "--no-training");
        await using (up)
        {
            Assert.Equal(addresses.GetProperty("kafka").GetString(), Endpoints.TryRead(_directory.Path)!.Kafka);
            using var http = new HttpClient();
            Assert.Contains("scorer", await http.GetStringAsync(addresses.GetProperty("http").GetString() + "/health/live", Stop), StringComparison.Ordinal);
            up.Signal(HsStreamProcess.SigTerm);
            Assert.Equal(0, (await up.EndAsync()).ExitCode);
        }

        Assert.Null(Endpoints.TryRead(_directory.Path));
        (await Outcome.OfAsync("audit", "x", "--data-dir", _directory.Path, "--postgres", "Host=127.0.0.1;Port=1;Username=x")).IsRefused("start one with hsstream up");
    }

    [Fact]
    public async Task Run_joins_a_running_system_and_stops_at_a_signal()
    {
        await system.StartAsync();
        await using var run = HsStreamProcess.Start("run", "--roles", "console", "--json", "--data-dir", system.Folder);
        var ready = await run.ReadJsonAsync();
        using var http = new HttpClient();
        var live = JsonNode.Parse(await http.GetStringAsync(ready.GetProperty("http").GetString() + "/health/live", Stop))!;
        Assert.Equal("console", (string?)Assert.Single(live["roles"]!.AsArray()));
        run.Signal(HsStreamProcess.SigTerm);
        Assert.Equal(0, (await run.EndAsync()).ExitCode);
    }

    [Theory]
    [InlineData("Roles", "run", "--roles", "scorer,juggler")]
    [InlineData("Scorer:Nonsense", "run", "--set", "Scorer:Nonsense=1")]
    [InlineData("Scorer:Workers", "run", "--set", "Scorer:Workers=many")]
    [InlineData("Roles", "up", "--roles", "scorer,juggler")]
    [InlineData("Scorer:Nonsense", "up", "--set", "Scorer:Nonsense=1")]
    public async Task A_wrong_setting_is_told_before_anything_starts(string expected, params string[] arguments)
    {
        var refused = await Outcome.OfAsync([.. arguments, "--data-dir", _directory.Path]);
        refused.IsRefused(expected);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    private static List<(int Id, string Arguments)> Children(int parent)
    {
        var children = new List<(int, string)>();
        foreach (var process in Process.GetProcesses())
        {
            using (process)
            {
                try
                {
                    var stat = File.ReadAllText($"/proc/{process.Id}/stat");
                    if (stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == $"{parent}") { children.Add((process.Id, File.ReadAllText($"/proc/{process.Id}/cmdline"))); }
                }
                catch (IOException)
                {
                    // It has ended meanwhile.
                }
            }
        }

        return children;
    }
}
