using Confluent.Kafka;
using HsStream.Domain.Messages;
using Xunit;

namespace HsStream.IntegrationTests.Cli;

public sealed class DeadLetterVerbTests(WholeSystem system) : IAsyncLifetime
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await system.StartAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_dead_letter_is_listed_shown_and_replayed_once()
    {
        var key = "dead-" + Guid.NewGuid().ToString("n");
        await PublishAsync(key, "no frame at all"u8.ToArray());
        var id = await DeadAsync(key);
        var shown = Assert.Single((await system.RunAsync("dead-letters", "show", id, "--json")).Json);
        Assert.Equal(("NOT_FRAMED", key, Convert.ToHexStringLower("no frame at all"u8)), ((string?)shown["reason"], (string?)shown["key"], (string?)shown["bytes"]));
        Assert.Contains("NOT_FRAMED", (await system.RunAsync("dead-letters", "list", "--by-reason")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(key, (await system.RunAsync("dead-letters", "list", "--reason", "EMPTY_TEXT")).Output, StringComparison.Ordinal);

        string[] replay = ["dead-letters", "replay", id, "--by", "ops", "--why", "sender mended"];
        await WholeSystem.UntilAsync("the ledger to see it", async () => (await system.RunAsync([.. replay, "--dry-run"])).ExitCode == 0);
        Assert.Single(await CopiesAsync(key));
        var sent = await system.RunAsync(replay);
        Assert.Equal(0, sent.ExitCode);
        Assert.Contains("sent to hs.descriptions", sent.Output, StringComparison.Ordinal);
        // Of another partition perhaps, as its first producer and ours divide keys differently.
        var copy = Assert.Single(await CopiesAsync(key), headers => headers.ContainsKey("hs_replayed_by"));
        Assert.Equal(("ops", "sender mended"), (copy["hs_replayed_by"], copy["hs_replayed_why"]));

        var refused = await system.RunAsync(replay);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("not sent: replayed", refused.Output, StringComparison.Ordinal);
        Assert.Contains("by ops (sender mended)", refused.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await CopiesAsync(key)).Count);
        Assert.Equal(0, (await system.RunAsync([.. replay, "--again"])).ExitCode);
        Assert.Equal(3, (await CopiesAsync(key)).Count);
    }

    [Theory]
    [InlineData("the dead letter is 'seven'; expected PARTITION@OFFSET", "show", "seven")]
    [InlineData("there is no dead letter 0@99999", "show", "0@99999")]
    [InlineData("--reason is 'TIRED'; expected one of NOT_FRAMED", "list", "--reason", "TIRED")]
    [InlineData("expected dead letters by ID, or --all", "replay", "--by", "a", "--why", "b")]
    [InlineData("expected --why TEXT", "replay", "0@1", "--by", "a")]
    public async Task Mistakes_cost_one_line_that_says_what_to_do(string expected, params string[] arguments) =>
        (await system.RunAsync(["dead-letters", .. arguments])).IsRefused(expected);

    private async Task PublishAsync(string key, byte[] value)
    {
        using var producer = new ProducerBuilder<string, byte[]>(new ProducerConfig { BootstrapServers = system.Addresses.GetProperty("kafka").GetString() }).Build();
        await producer.ProduceAsync(Topics.Descriptions, new Message<string, byte[]> { Key = key, Value = value }, Stop);
    }

    private async Task<string> DeadAsync(string key)
    {
        string? id = null;
        await WholeSystem.UntilAsync($"a dead letter of {key}", async () =>
        {
            id = (await system.RunAsync("dead-letters", "list", "--json", "--max", "10000")).Json.Where(letter => (string?)letter["key"] == key).Select(letter => (string)letter["id"]!).FirstOrDefault();
            return id is not null;
        });
        return id!;
    }

    /// <summary>Headers of each record of this key in its topic.</summary>
    private async Task<List<Dictionary<string, string?>>> CopiesAsync(string key) =>
        [.. (await system.RunAsync("tail", Topics.Descriptions, "--key", key, "--from", "beginning", "--json")).Json
            .Select(record => record["headers"]!.AsObject().ToDictionary(header => header.Key, header => (string?)header.Value))];
}
