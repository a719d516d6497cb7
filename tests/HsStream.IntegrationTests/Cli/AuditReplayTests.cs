using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace HsStream.IntegrationTests.Cli;

public sealed class AuditReplayTests(WholeSystem system) : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();

    public async ValueTask InitializeAsync() => await system.StartAsync();

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task An_audit_tells_who_when_which_model_on_what_data_and_why()
    {
        await system.DecideAsync(("audit-1", "mens cotton t-shirt"));
        var audit = Assert.Single((await system.RunAsync("audit", "audit-1", "--json")).Json);
        Assert.Equal(["described, revision 1", "predicted"], audit["timeline"]!.AsArray().Select(entry => (string?)entry!["what"]));
        var decision = Assert.Single(audit["decisions"]!.AsArray())!;
        Assert.Equal(("610910", "IDENTICAL"), ((string?)decision["code"], (string?)decision["verdict"]));
        Assert.Contains("cotton", decision["explanation"]!["tokens"]!.AsArray().Select(token => (string?)token!["word"]));
        var model = Assert.Single(audit["models"]!.AsArray())!;
        Assert.NotNull((string?)model["dataset.hash"]);
        Assert.NotNull((string?)model["dataset.rows"]);

        var text = (await system.RunAsync("audit", "audit-1")).Output;
        Assert.All((string[])["mens cotton t-shirt", "executed again IDENTICAL", "promoted by hsstream up", "T-shirts"], words => Assert.Contains(words, text, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Every_decision_of_a_stretch_is_identical_and_the_run_can_be_resumed()
    {
        await system.DecideAsync([.. Enumerable.Range(0, 20).Select(i => ($"replay-{i}", $"used bicycle number {i}"))]);
        var file = Path.Combine(_directory.Path, "run.jsonl");
        var first = await system.RunAsync("replay", "--from", "2020-01-01", "--model", system.Model, "--resume", file, "--json");
        var counts = first.Json[0]["counts"]!;
        Assert.True((long)counts["IDENTICAL"]! >= 20, first.Output);
        Assert.Equal(0L, (long)counts["NO-BUNDLE"]!);

        // Finished: going on finds nothing more to do, and the file of another question is refused.
        var again = await system.RunAsync("replay", "--from", "2020-01-01", "--model", system.Model, "--resume", file, "--json");
        Assert.Equal(counts.ToJsonString(), again.Json[0]["counts"]!.ToJsonString());
        Assert.Contains("going on after event", again.Errors, StringComparison.Ordinal);
        (await system.RunAsync("replay", "--from", "2021-01-01", "--resume", file)).IsRefused("belongs to another run");
    }

    [Fact]
    public async Task A_changed_bit_of_the_record_is_seen_by_replay_and_by_verify()
    {
        await system.DecideAsync(("bit-1", "polyester t-shirt"));
        const string Where = "type = 'code_predicted.v1' and stream_id = 'goods/bit-1'";
        var stored = (string)(await system.ScalarAsync($"select data::text from ledger.mt_events where {Where}"))!;
        var changed = JsonNode.Parse(stored)!;
        var ranked = changed["prediction"]!["subheadings"]![1]!;       // code, probability
        var probability = float.Parse(ranked[1]!.ToJsonString(), CultureInfo.InvariantCulture);
        ranked[1] = JsonNode.Parse(BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(probability) ^ 1).ToString("R", CultureInfo.InvariantCulture));
        await system.ScalarAsync($"update ledger.mt_events set data = $1::jsonb where {Where}", changed.ToJsonString());
        try
        {
            var replayed = Assert.Single((await system.RunAsync("replay", "bit-1", "--json")).Json);
            Assert.Equal("EQUIVALENT", (string?)replayed["verdict"]);
            Assert.Contains("subheadings #2", Assert.Single(replayed["differences"]!.AsArray())!.ToString(), StringComparison.Ordinal);

            ranked[1] = 0.25;
            await system.ScalarAsync($"update ledger.mt_events set data = $1::jsonb where {Where}", changed.ToJsonString());
            var different = await system.RunAsync("replay", "bit-1", "--json");
            Assert.Equal(1, different.ExitCode);
            Assert.Equal("DIFFERENT", (string?)different.Json[0]["verdict"]);

            var verified = await system.RunAsync("verify", "--json");
            Assert.Equal(1, verified.ExitCode);
            Assert.Contains(verified.Json[0]["findings"]!.AsArray(), finding => (string?)finding!["stream"] == "goods/bit-1" && (string?)finding["finding"] == "EventAltered");
        }
        finally
        {
            await system.ScalarAsync($"update ledger.mt_events set data = $1::jsonb where {Where}", stored);
        }

        Assert.Equal("IDENTICAL", (string?)Assert.Single((await system.RunAsync("replay", "bit-1", "--json")).Json)["verdict"]);
    }

    [Fact]
    public async Task A_missing_bundle_is_told_and_no_success()
    {
        await system.DecideAsync(("nobundle-1", "espresso coffee beans"));
        var replayed = await system.RunAsync("replay", "nobundle-1", "--json", "--models", Path.Combine(_directory.Path, "empty"), "--models-url", "http://127.0.0.1:1");
        Assert.Equal(1, replayed.ExitCode);
        Assert.Equal("NO-BUNDLE", (string?)Assert.Single(replayed.Json)["verdict"]);

        // The console of the running system has it.
        var fetched = await system.RunAsync("replay", "nobundle-1", "--json", "--models", Path.Combine(_directory.Path, "fetched"));
        Assert.Equal("IDENTICAL", (string?)Assert.Single(fetched.Json)["verdict"]);
    }

    [Fact]
    public async Task A_back_test_shows_what_would_change_by_chapter()
    {
        await system.DecideAsync(("back-1", "anchor bolt steel"), ("back-2", "coffee roasted ground"));
        var run = Assert.Single((await system.RunAsync("backtest", "--model", system.Model, "--from", "2020-01-01", "--json")).Json);
        Assert.True((long)run["all"]!["decisions"]! >= 2);
        Assert.Equal(0L, (long)run["all"]!["changed"]!);
        Assert.True((long)run["chapters"]!["73"]!["decisions"]! >= 1);
        Assert.True((long)run["chapters"]!["09"]!["autoNow"]! >= 1);
        (await system.RunAsync("backtest", "--model", "ffff")).IsRefused("--model is 'ffff'");
        (await system.RunAsync("backtest", "--model", system.Model, "--from", "2099-01-01")).IsRefused("no decision in this stretch");
    }

    [Fact]
    public async Task As_of_tells_which_model_served_and_what_was_known()
    {
        await system.DecideAsync(("asof-1", "steel bolt"));
        var now = Assert.Single((await system.RunAsync("as-of", "now", "--id", "asof-1", "--json")).Json);
        Assert.NotNull((string?)now["servedBy"]);
        Assert.Equal(2, now["timeline"]!.AsArray().Count);
        var before = Assert.Single((await system.RunAsync("as-of", "2020-01-01", "--id", "asof-1", "--json")).Json);
        Assert.Equal((null, 0L), ((string?)before["servedBy"], (long)before["events"]!));
        Assert.Empty(before["timeline"]!.AsArray());
    }

    [Theory]
    [InlineData("the ledger has nothing of 'never-seen'", "audit", "never-seen")]
    [InlineData("the ledger has nothing of 'never-seen'", "replay", "never-seen")]
    [InlineData("the ledger has no model 'ffff'", "replay", "--model", "ffff")]
    [InlineData("--from is '03/04/2026'; expected a time such as", "replay", "--from", "03/04/2026")]
    [InlineData("expected a time after --from", "replay", "--from", "2026-02-01", "--to", "2026-01-01")]
    [InlineData("expected an ID, or --from and --to", "replay", "x", "--from", "2026-01-01")]
    [InlineData("INSTANT is 'once'", "as-of", "once")]
    public async Task Mistakes_cost_one_line_that_says_what_to_do(string expected, params string[] arguments) =>
        (await system.RunAsync(arguments)).IsRefused(expected);

    [Theory]
    [InlineData("audit", "x")]
    [InlineData("replay", "x")]
    [InlineData("backtest", "--model", "x")]
    [InlineData("as-of", "now")]
    [InlineData("verify")]
    [InlineData("export", "--output", "-")]
    [InlineData("erase", "x", "--by", "me", "--reason", "test")]
    [InlineData("models", "list")]
    public async Task Without_a_database_each_says_where_it_looked(params string[] arguments)
    {
        if (arguments[0] == "backtest") { arguments[2] = system.Model; }
        var refused = await Outcome.OfAsync([.. arguments, .. arguments[0] == "backtest" ? ["--models", system.Bundles.Root] : Array.Empty<string>(), "--postgres", "Host=127.0.0.1;Port=1;Username=x;Database=x", "--data-dir", _directory.Path]);
        refused.IsRefused("no PostgreSQL answers at 127.0.0.1:1, database x");
    }
}
