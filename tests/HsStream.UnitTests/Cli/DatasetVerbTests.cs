using System.Text.Json.Nodes;
using HsStream.Cli;
using HsStream.UnitTests.Training;
using Xunit;

namespace HsStream.UnitTests.Cli;

public sealed class DatasetVerbTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Check_prints_what_was_accepted_and_why_the_rest_was_not()
    {
        var file = Write("x.csv", "description;hs6\nbicycle;8712.00\ncooker;854140\nhorse;10121\n");
        var (exitCode, output, errors) = await RunAsync("dataset", "check", file);
        Assert.Equal(0, exitCode);
        var lines = output.TrimEnd().Split('\n').Select(l => l.Split('\t')).ToList();
        Assert.Equal(["rows", "result", "line", "column", "expected", "arrived"], lines[0]);
        Assert.Equal(["1", "accepted"], lines[1][..2]);
        Assert.Equal(["1", "unknown-code", "3", "hs6"], lines[2][..4]);
        Assert.Contains("3 rows: 1 accepted, 2 rejected", errors, StringComparison.Ordinal);
        Assert.Contains("is --edition right?", errors, StringComparison.Ordinal);
        Assert.Contains("--restore-leading-zeros", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_tells_machines_and_files_the_same()
    {
        var file = Write("x.tsv", "271011\tdiesel\n871200\tbicycle\n");
        var rejects = _scratch.File("rejects.jsonl");
        var (exitCode, output, _) = await RunAsync(
            "dataset", "check", file, "--no-header", "--code-column", "#1", "--text-column", "2", "--edition", "HS2017", "--to-edition", "2022", "--json", "--rejects", rejects);
        Assert.Equal(0, exitCode);
        var report = JsonNode.Parse(output)!;
        Assert.Equal((2L, 1L, 1L), ((long)report["rows"]!, (long)report["accepted"]!, (long)report["reasons"]!["unknown-code"]!));
        Assert.Equal(("#1", "271011"), ((string?)JsonNode.Parse(File.ReadAllText(rejects))!["column"], (string?)report["groups"]![0]!["example"]!["arrived"]));
    }

    [Theory]
    [InlineData("no row of", "description,hs6\nx,1\n")]
    [InlineData("Which column holds the description?", "a,b\nx,1\n")]
    [InlineData("--format is 'xlsx'", "description,hs6\nx,871200\n", "--format", "xlsx")]
    [InlineData("--ambiguous is 'guess'", "description,hs6\nx,871200\n", "--ambiguous", "guess")]
    [InlineData("--delimiter is 'ab'", "description,hs6\nx,871200\n", "--delimiter", "ab")]
    [InlineData("HS2028 comes into force", "description,hs6\nx,871200\n", "--edition", "HS2028")]
    [InlineData("cannot write", "description,hs6\nx,871200\n", "--rejects", "/nowhere/rejects.tsv")]
    public async Task A_check_that_cannot_be_done_says_why(string expected, string text, params string[] more)
    {
        var (exitCode, _, errors) = await RunAsync(["dataset", "check", Write("x.csv", text), .. more]);
        Assert.Equal(1, exitCode);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(_scratch.File(name), text);
        return _scratch.File(name);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var exitCode = await CommandLine.RunAsync(arguments, output, errors);
        return (exitCode, output.ToString(), errors.ToString());
    }
}
