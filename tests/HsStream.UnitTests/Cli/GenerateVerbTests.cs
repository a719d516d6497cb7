using System.Text.Json.Nodes;
using HsStream.Cli;
using HsStream.UnitTests.Training;
using Xunit;

namespace HsStream.UnitTests.Cli;

public sealed class GenerateVerbTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Lines_go_to_standard_output_the_same_each_time()
    {
        var (exitCode, output, _) = await RunAsync("generate", "--count", "5", "--seed", "3");
        Assert.Equal(0, exitCode);
        var lines = output.TrimEnd().Split('\n');
        Assert.Equal("id,shipper,timestamp,description,hs6,true_hs6,edition,scenario", lines[0]);
        Assert.Equal(6, lines.Length);
        Assert.StartsWith("gen-3-000000000,SHP-", lines[1], StringComparison.Ordinal);
        Assert.Equal(output, (await RunAsync("generate", "--count", "5", "--seed", "3")).Output);
        Assert.NotEqual(output, (await RunAsync("generate", "--count", "5", "--seed", "4")).Output);
    }

    [Theory]
    [InlineData("lines.csv")]
    [InlineData("lines.tsv.gz")]
    [InlineData("lines.jsonl.gz")]
    public async Task Files_are_what_the_importer_reads_without_a_mapping(string name)
    {
        var file = _scratch.File(name);
        var (exitCode, output, errors) = await RunAsync("generate", "--count", "300", "--noise", "1", "--scenario", "label-shift@100:0.5", "--output", file);
        Assert.Equal((0, ""), (exitCode, output));
        Assert.Contains($"wrote 300 lines to {file}", errors, StringComparison.Ordinal);
        var report = JsonNode.Parse((await RunAsync("dataset", "check", file, "--json", "--time-column", "timestamp")).Output)!;
        Assert.Equal((300L, 300L), ((long)report["rows"]!, (long)report["accepted"]!));
    }

    [Fact]
    public async Task Start_and_rate_set_the_times()
    {
        var (_, output, _) = await RunAsync("generate", "--count", "3", "--format", "jsonl", "--start", "2027-05-06T07:08:09Z", "--rate", "1", "--edition", "HS2017");
        var lines = output.TrimEnd().Split('\n').Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal([9, 10, 11], lines.Select(l => ((DateTimeOffset)l["timestamp"]!).Second));
        Assert.All(lines, l => Assert.Equal("HS2017", (string?)l["edition"]));
    }

    [Theory]
    [InlineData(1, "--noise is 1.5; expected a number from 0 to 1", "--noise", "1.5")]
    [InlineData(1, "--mix is 'flat'", "--mix", "flat")]
    [InlineData(1, "Expected a scenario of new-vocabulary", "--scenario", "earthquake")]
    [InlineData(1, "each kind once", "--scenario", "label-shift", "--scenario", "label-shift@5")]
    [InlineData(1, "--format is 'xml'", "--format", "xml")]
    [InlineData(1, "--rate is 0", "--rate", "0")]
    [InlineData(1, "--start is 'noon'", "--start", "noon")]
    [InlineData(1, "cannot write /nowhere/x.csv", "--output", "/nowhere/x.csv")]
    [InlineData(1, "--topic goes without --output", "--topic", "x", "--gzip")]
    [InlineData(1, "--paced goes with --topic", "--paced")]
    [InlineData(2, "--count is '0'", "--count", "0")]
    [InlineData(2, "--noise is 'much'", "--noise", "much")]
    public async Task A_mistake_is_one_line(int expectedExitCode, string expected, params string[] arguments)
    {
        var (exitCode, output, errors) = await RunAsync(["generate", .. arguments]);
        Assert.Equal((expectedExitCode, ""), (exitCode, output));
        Assert.Contains(expected, Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var exitCode = await CommandLine.RunAsync(arguments, output, errors);
        return (exitCode, output.ToString(), errors.ToString());
    }
}
