using Xunit;

namespace HsStream.IntegrationTests.Cli;

public sealed class LedgerVerbTests(WholeSystem system) : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await system.StartAsync();

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task An_export_verifies_without_a_database_until_a_byte_of_it_changes()
    {
        await system.DecideAsync(("export-1", "ladies t-shirt cotton blue"));
        var file = Path.Combine(_directory.Path, "export.jsonl");
        Assert.Equal(0, (await system.RunAsync("export", "--id", "export-1", "--output", file)).ExitCode);
        var verified = await Outcome.OfAsync("verify", "--file", file, "--json", "--data-dir", _directory.Path);
        Assert.Equal((0, 2L), (verified.ExitCode, (long)verified.Json[0]["events"]!));

        var text = await File.ReadAllTextAsync(file, Stop);
        await File.WriteAllTextAsync(file, text.Replace("610910", "610990", StringComparison.Ordinal), Stop);
        var changed = await Outcome.OfAsync("verify", "--file", file, "--json", "--data-dir", _directory.Path);
        Assert.Equal(1, changed.ExitCode);
        Assert.Equal("EventAltered", (string?)changed.Json[0]["findings"]![0]!["finding"]);

        (await system.RunAsync("export", "--id", "export-1", "--output", file)).IsRefused("is there already; --force");
        (await system.RunAsync("export", "--id", "nobody", "--output", file)).IsRefused("the ledger has nothing of 'nobody'");
        (await system.RunAsync("export", "--from", "2099-01-01", "--output", file)).IsRefused("recorded nothing in this stretch");
    }

    [Fact]
    public async Task A_stretch_of_time_is_exported_as_it_was_recorded()
    {
        await system.DecideAsync(("export-2", "running t-shirt polyester size m"));
        var file = Path.Combine(_directory.Path, "stretch.jsonl");
        var from = (DateTime)(await system.ScalarAsync("select min(\"timestamp\") from ledger.mt_events where stream_id = 'goods/export-2'"))!;
        Assert.Equal(0, (await system.RunAsync("export", "--from", from.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", System.Globalization.CultureInfo.InvariantCulture), "--output", file)).ExitCode);
        Assert.Contains("export-2", await File.ReadAllTextAsync(file, Stop), StringComparison.Ordinal);
        Assert.Equal(0, (await Outcome.OfAsync("verify", "--file", file, "--data-dir", _directory.Path)).ExitCode);
    }

    [Fact]
    public async Task An_erased_text_is_gone_and_what_was_decided_stays()
    {
        await system.DecideAsync(("erase-1", "mountain bicycle of somebody"));
        Assert.Contains("would erase 1 texts", (await system.RunAsync("erase", "erase-1", "--by", "ops", "--reason", "request 7", "--dry-run")).Output, StringComparison.Ordinal);
        Assert.Contains("mountain bicycle of somebody", (await system.RunAsync("audit", "erase-1", "--no-replay")).Output, StringComparison.Ordinal);

        Assert.Contains("erased 1 texts", (await system.RunAsync("erase", "erase-1", "--by", "ops", "--reason", "request 7")).Output, StringComparison.Ordinal);
        var audit = (await system.RunAsync("audit", "erase-1")).Output;
        Assert.DoesNotContain("somebody", audit, StringComparison.Ordinal);
        Assert.All((string[])["871200", "by ops", "request 7", "ERASED"], words => Assert.Contains(words, audit, StringComparison.Ordinal));
        Assert.Equal("ERASED", (string?)Assert.Single((await system.RunAsync("replay", "erase-1", "--json")).Json)["verdict"]);
        Assert.Contains("has no text", (await system.RunAsync("erase", "erase-1", "--by", "ops", "--reason", "again")).Output, StringComparison.Ordinal);

        (await system.RunAsync("erase", "erase-1", "--reason", "x")).IsRefused("expected --by NAME");
        (await system.RunAsync("erase", "erase-1", "--by", "x")).IsRefused("expected --reason TEXT");
        (await system.RunAsync("erase", "nobody", "--by", "x", "--reason", "x")).IsRefused("the ledger has nothing of 'nobody'");
    }

    [Fact]
    public async Task A_noted_head_is_compared()
    {
        var head = (string)Assert.Single((await system.RunAsync("status", "--json")).Json)["ledger"]!["seal"]!;
        var same = await system.RunAsync("verify", "--head", head, "--json");
        Assert.DoesNotContain("HeadDiffers", same.Output, StringComparison.Ordinal);
        var other = await system.RunAsync("verify", "--head", head[..^1] + (head[^1] == '0' ? '1' : '0'), "--json");
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("HeadDiffers", other.Output, StringComparison.Ordinal);
        (await system.RunAsync("verify", "--head", "seven")).IsRefused("--head: Expected NUMBER:HASH");
        (await system.RunAsync("verify", "--file", Path.Combine(_directory.Path, "none.jsonl"))).IsRefused("cannot read");
    }

    [Fact]
    public async Task The_life_of_a_model_is_ordered_with_who_and_why()
    {
        var version = system.AddBundle(2);
        var champion = await ChampionAsync();
        string[] order = ["--by", "ops", "--reason", "trial", "--evidence", "TICKET-1"];
        (await system.RunAsync(["models", "promote", version, .. order])).IsRefused($"the ledger has no model '{version}'");
        Assert.Contains("is registered as a candidate", (await system.RunAsync(["models", "register", version, .. order])).Output, StringComparison.Ordinal);
        Assert.Contains("was registered already", (await system.RunAsync(["models", "register", version, .. order])).Output, StringComparison.Ordinal);
        Assert.Contains("scores in shadow", (await system.RunAsync(["models", "shadow", version, .. order])).Output, StringComparison.Ordinal);
        await system.DecideAsync(("shadow-1", "used bicycle blue"));
        await WholeSystem.UntilAsync("a shadow prediction", async () =>
        {
            await system.DecideAsync(("shadow-" + Guid.NewGuid().ToString("n"), "used bicycle blue"));
            return (await system.RunAsync("tail", "hs.shadow-predictions", "--from", "beginning", "--json")).Json.Any(record => (string?)record["value"]!["model_version"] == version);
        });
        Assert.Contains("is champion", (await system.RunAsync(["models", "promote", version[..20], .. order])).Output, StringComparison.Ordinal);
        Assert.Equal(version, await ChampionAsync());
        Assert.Contains($"{champion} is champion", (await system.RunAsync(["models", "rollback", .. order])).Output, StringComparison.Ordinal);
        Assert.Equal(champion, await ChampionAsync());
        var shown = (await system.RunAsync("models", "show", version)).Output;
        Assert.All((string[])["RETIRED", "ops", "trial", "TICKET-1", "shadow started", "promoted", "dataset.hash"], words => Assert.Contains(words, shown, StringComparison.Ordinal));

        (await system.RunAsync("models", "promote", version, "--by", "ops")).IsRefused("expected --reason TEXT");
        (await system.RunAsync(["models", "promote", version, .. order])).IsRefused("Promote is not allowed while the model is Retired");
        (await system.RunAsync(["models", "register", "ffff", .. order])).IsRefused("the model is 'ffff'; expected the folder of a bundle");

        async Task<string> ChampionAsync() => (string)Assert.Single((await system.RunAsync("models", "list", "--json")).Json, model => (string?)model["stage"] == "CHAMPION")["version"]!;
    }

    [Fact]
    public async Task Status_shows_roles_topics_groups_champion_and_ledger()
    {
        await system.DecideAsync(("status-1", "steel bolt"));
        await WholeSystem.UntilAsync("nothing to be left to read", async () =>
        {
            var status = Assert.Single((await system.RunAsync("status", "--json")).Json);
            return (string?)status["roles"]![0]!["status"] == "ready" && (long)status["ledger"]!["lagRecords"]! == 0
                && status["groups"]!.AsArray().Any(group => (string?)group!["group"] == "hs.scorer" && (long)group["lagRecords"]! == 0 && (double)group["lagSeconds"]! == 0);
        });
        var text = (await system.RunAsync("status")).Output;
        Assert.All((string[])["hs.descriptions", "champion", "last seal", "hs.scorer"], words => Assert.Contains(words, text, StringComparison.Ordinal));

        var nothing = await Outcome.OfAsync("status", "--data-dir", _directory.Path, "--bootstrap-servers", "127.0.0.1:1", "--postgres", "Host=127.0.0.1;Port=1;Username=x;Database=x");
        Assert.Equal(1, nothing.ExitCode);
        Assert.Contains("no broker answers at 127.0.0.1:1", nothing.Errors, StringComparison.Ordinal);
        Assert.Contains("no PostgreSQL answers at 127.0.0.1:1", nothing.Errors, StringComparison.Ordinal);
    }
}
