using HsStream.Chaos.Diff;
using HsStream.Chaos.Processes;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Diff;

/// <summary>The comparison itself: equal brokers compare equal, a planted difference is found, a recording replays.</summary>
public sealed class DiffRunnerTests(KafkaFixture kafka, ITestOutputHelper output)
{
    [Fact]
    public async Task A_broker_compares_equal_to_another_of_its_kind()
    {
        using var directory = new TemporaryDirectory();
        await using var other = await BrokerProcess.StartAsync(directory.Path, 0, new BrokerProcessOptions { Durability = "page-cache" }, TestContext.Current.CancellationToken);
        var text = new StringWriter();
        var runner = new DiffRunner(firstSeed: 1, scriptsPerKind: 6, text);
        var differences = await runner.CompareAsync(await kafka.BootstrapAsync(KafkaFixture.Embedded), other.Bootstrap, TestContext.Current.CancellationToken);
        runner.Report(differences);
        output.WriteLine(text.ToString());
        Assert.True(differences.Count == 0, text.ToString());
        Assert.True(runner.Steps > 500, $"{runner.Steps} steps");
    }

    [Fact]
    public async Task A_planted_difference_is_found_and_shown()
    {
        using var directory = new TemporaryDirectory();
        var recording = System.IO.Path.Combine(directory.Path, "recording");
        var bootstrap = await kafka.BootstrapAsync(KafkaFixture.Embedded);
        await new DiffRunner(7, 2, TextWriter.Null).RecordAsync(bootstrap, recording, TestContext.Current.CancellationToken);
        var text = new StringWriter();
        var runner = new DiffRunner(7, 2, text);
        Assert.Empty(await runner.ReplayAsync(bootstrap, recording, TestContext.Current.CancellationToken));

        // As if the recorded broker had put the records one offset further.
        var lines = await File.ReadAllLinesAsync(recording, TestContext.Current.CancellationToken);
        var planted = Array.FindIndex(lines, line => line.Contains("BaseOffset:0 ", StringComparison.Ordinal));
        lines[planted] = lines[planted].Replace("BaseOffset:0 ", "BaseOffset:1 ", StringComparison.Ordinal);
        await File.WriteAllLinesAsync(recording, lines, TestContext.Current.CancellationToken);
        var difference = Assert.Single(await runner.ReplayAsync(bootstrap, recording, TestContext.Current.CancellationToken));
        Assert.Contains("BaseOffset:1", difference.Ours, StringComparison.Ordinal);
        runner.Report([difference]);
        Assert.Contains($"{difference.Kind} seed {difference.Seed}, step {difference.Step}", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("1 differences", text.ToString(), StringComparison.Ordinal);
    }
}
