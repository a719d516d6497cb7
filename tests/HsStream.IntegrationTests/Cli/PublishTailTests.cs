using System.Text.Json.Nodes;
using HsStream.Domain.Messages;
using Xunit;

namespace HsStream.IntegrationTests.Cli;

public sealed class PublishTailTests(WholeSystem system) : IAsyncLifetime
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
    public async Task Lines_of_a_file_are_published_predicted_and_shown_decoded()
    {
        await system.DecideAsync(("tail-1", "used bicycle blue"));
        var described = Assert.Single((await system.RunAsync("tail", Topics.Descriptions, "--key", "tail-1", "--from", "beginning", "--json")).Json);
        Assert.Equal("used bicycle blue", (string?)described["value"]!["text"]);
        Assert.Equal("tail-1", (string?)described["key"]);
        Assert.Equal("hsstream.ProductDescription.v1", (string?)described["headers"]!["ce_type"]);
        var predicted = Assert.Single((await system.RunAsync("tail", Topics.Predictions, "--key", "tail-1", "--from", "beginning", "--json")).Json);
        Assert.Equal("871200", (string?)predicted["value"]!["code"]);
        Assert.Equal("AUTO", (string?)predicted["value"]!["outcome"]);

        var offset = (long)predicted["offset"]!;
        var from = await system.RunAsync("tail", Topics.Predictions, "--partition", $"{(int)predicted["partition"]!}", "--from", $"{offset}", "--max", "1");
        Assert.Contains($"@{offset}  tail-1  {{", Assert.Single(from.Lines), StringComparison.Ordinal);
        Assert.Empty((await system.RunAsync("tail", Topics.Predictions, "--key", "tail-1", "--from", "2100-01-01T00:00:00Z")).Lines);
    }

    [Fact]
    public async Task A_file_that_is_published_twice_repeats_its_ids_and_decides_nothing_twice()
    {
        var file = Path.Combine(_directory.Path, "goods.txt");
        await File.WriteAllTextAsync(file, "roasted coffee beans\nhex bolt steel\n", Stop);
        for (var i = 0; i < 2; i++)
        {
            var published = await system.RunAsync("publish", file, "--source", "twice", "--json");
            Assert.Equal((0, 2L), (published.ExitCode, (long)published.Json[0]["published"]!));
        }

        await WholeSystem.UntilAsync("both copies to be described", async () => Described().Count() == 4 && await Task.FromResult(true));
        var ids = Described().Distinct().ToList();
        Assert.Equal(2, ids.Count);
        foreach (var id in ids)
        {
            await system.DecidedAsync(id);
            await WholeSystem.UntilAsync("two predictions with one id", async () => (await PredictionIdsAsync(id)).Count == 2);
            Assert.Single((await PredictionIdsAsync(id)).Distinct());
            Assert.Equal(1L, await system.ScalarAsync("select count(*) from ledger.mt_events where type = 'code_predicted.v1' and stream_id = $1", "goods/" + id));
        }

        IEnumerable<string> Described() => system.RunAsync("tail", Topics.Descriptions, "--from", "beginning", "--json").GetAwaiter().GetResult().Json
            .Where(record => record["value"] is JsonObject value && (string?)value["source"] == "twice").Select(record => (string)record["key"]!);
    }

    [Fact]
    public async Task Rejected_lines_are_counted_named_and_written_out()
    {
        var file = Path.Combine(_directory.Path, "goods.csv");
        var rejects = Path.Combine(_directory.Path, "rejects.jsonl");
        await File.WriteAllTextAsync(file, "id,description\nrej-1,steel bolt\nrej-2,\n", Stop);
        var published = await system.RunAsync("publish", file, "--rejects", rejects);
        Assert.Equal(0, published.ExitCode);
        Assert.Contains("published 1 descriptions to hs.descriptions", published.Output, StringComparison.Ordinal);
        Assert.Contains("line 3, column description: expected a description", published.Errors, StringComparison.Ordinal);
        Assert.Contains("\"line\":3", Assert.Single(await File.ReadAllLinesAsync(rejects, Stop)), StringComparison.Ordinal);
        Assert.Equal(1, (await system.RunAsync("publish", file, "--strict")).ExitCode);
    }

    [Fact]
    public async Task A_dry_run_publishes_nothing()
    {
        var file = Path.Combine(_directory.Path, "dry.csv");
        await File.WriteAllTextAsync(file, "id,description\ndry-1,steel bolt\n", Stop);
        Assert.Contains("published 0 descriptions", (await system.RunAsync("publish", file, "--dry-run")).Output, StringComparison.Ordinal);
        Assert.Empty((await system.RunAsync("tail", Topics.Descriptions, "--key", "dry-1", "--from", "beginning")).Lines);
    }

    [Fact]
    public async Task Mistakes_cost_one_line_that_says_what_to_do()
    {
        var file = Path.Combine(_directory.Path, "one.txt");
        await File.WriteAllTextAsync(file, "steel bolt\n", Stop);
        (await system.RunAsync("publish", Path.Combine(_directory.Path, "nowhere.csv"))).IsRefused("nowhere.csv");
        (await system.RunAsync("publish", file, "--topic", "hs.nothing")).IsRefused("there is no topic 'hs.nothing'");
        (await system.RunAsync("publish", file, "--rate", "0")).IsRefused("--rate is 0");
        (await system.RunAsync("tail", "hs.nothing")).IsRefused("hs.predictions");
        (await system.RunAsync("tail", Topics.Predictions, "--from", "yesterday")).IsRefused("--from is 'yesterday'; expected beginning, end");
        (await system.RunAsync("tail", Topics.Predictions, "--partition", "99")).IsRefused("has the partitions 0 to");
        foreach (var verb in (string[][])[["publish", file], ["tail", Topics.Predictions]])
        {
            (await Outcome.OfAsync([.. verb, "--bootstrap-servers", "127.0.0.1:1", "--data-dir", _directory.Path])).IsRefused("no broker answers at 127.0.0.1:1 (as named)");
        }
    }

    private async Task<List<string>> PredictionIdsAsync(string id) =>
        [.. (await system.RunAsync("tail", Topics.Predictions, "--key", id, "--from", "beginning", "--json")).Json.Select(record => (string)record["value"]!["prediction_id"]!)];
}
