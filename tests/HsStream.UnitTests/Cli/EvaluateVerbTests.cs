using System.Globalization;
using System.Text.Json.Nodes;
using HsStream.Cli;
using HsStream.UnitTests.Training;
using Xunit;

namespace HsStream.UnitTests.Cli;

public sealed class EvaluateVerbTests : IDisposable
{
    private static readonly string[] Quick = ["--edition", "HS2022", "--no-catalogue", "--epochs", "2", "--measure-seconds", "0"];

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Models_are_made_compared_and_reported()
    {
        var report = _scratch.File("report");
        var (exitCode, output, errors) = await RunAsync(["evaluate", "--data", Goods(600), "--split", "all", "--blocks", "2", "--architectures", "default,linear", "--report", report, .. Quick]);
        Assert.True(exitCode == 0, errors);
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(report, "evaluation.json")))!;
        Assert.Equal(["split", "later"], json["parts"]!.AsArray().Select(part => (string?)part!["name"]));
        Assert.Equal([2, 1], json["parts"]!.AsArray().Select(part => part!["models"]!.AsArray().Count));
        foreach (var model in json["parts"]![0]!["models"]!.AsArray())
        {
            Assert.InRange((double)model!["metrics"]!["accuracy"]!["heading"]!["top1"]!, 0.2, 1);
            Assert.True((long)model["serving"]!["bundleBytes"]! > 1000 && (double)model["training"]!["seconds"]! > 0);
        }

        Assert.Equal(300, (int)json["prequential"]!["warmUpRows"]!);
        Assert.Equal("HS2022", (string?)json["data"]!["edition"]);
        Assert.Equal(output, File.ReadAllText(Path.Combine(report, "evaluation.md")));
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(report, "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_there_answers_the_rows_it_is_given()
    {
        var (exitCode, output, errors) = await RunAsync(["train", "--data", Goods(300), "--models", _scratch.File("models"), "--edition", "HS2022", "--no-catalogue", "--epochs", "1", "--json"]);
        Assert.True(exitCode == 0, errors);
        var trained = JsonNode.Parse(output)!;
        (exitCode, output, errors) = await RunAsync(["evaluate", "--data", Goods(300), "--model", (string)trained["folder"]!, "--edition", "HS2022", "--measure-seconds", "0", "--json"]);
        Assert.True(exitCode == 0, errors);
        var part = JsonNode.Parse(output)!["parts"]![0]!;
        Assert.Equal(("as-is", 300, 0), ((string?)part["name"], (int)part["testRows"]!, (int)part["trainRows"]!));
        Assert.Equal((string?)trained["modelVersion"], (string?)part["models"]![0]!["modelVersion"]);
        Assert.Contains("trained on these very rows", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_split_is_written_and_the_edition_found_out()
    {
        // 854800 is a code of HS 2017 only; 854911 of HS 2022 only.
        var rows = string.Concat(Enumerable.Range(0, 200).Select(i => $"cell number {Letters(i)},{(i % 3 == 0 ? "854810" : "940180")}\n"));
        File.WriteAllText(_scratch.File("old.csv"), "description,hs6\n" + rows);
        var (exitCode, output, errors) = await RunAsync(["dataset", "split", _scratch.File("old.csv"), _scratch.File("out"), "--json"]);
        Assert.True(exitCode == 0, errors);
        var files = output.TrimEnd().Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
        Assert.All(files, file => Assert.Equal("HS2017", (string?)file["edition"]));
        Assert.Equal(200, files.Sum(file => (int)file["rows"]!));
        Assert.Equal((int)files[1]["rows"]!, File.ReadLines(_scratch.File("out/test.tsv")).Count());
        Assert.Contains("HS2017", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--split is 'half'", "--split", "half")]
    [InlineData("--architectures names 'svm'", "--architectures", "default,svm")]
    [InlineData("--train needs --test", "--train", "x.tsv")]
    [InlineData("--test needs --train", "--test", "GOODS")]
    [InlineData("--coverage is 1.5", "--coverage", "1.5")]
    [InlineData("expected dedup or later with --model", "--data", "GOODS", "--model", "x", "--split", "all")]
    [InlineData("cannot write to", "--report", "/proc/nothing/here")]
    [InlineData("no row of", "--data", "EMPTY")]
    public async Task What_cannot_be_evaluated_is_said_before_the_work_begins(string expected, params string[] arguments)
    {
        File.WriteAllText(_scratch.File("empty.csv"), "description,hs6\nlamp,123456\n");
        var goods = _scratch.File("goods.tsv");
        File.WriteAllText(goods, "940180\tgarden chair\n");
        var (exitCode, output, errors) = await RunAsync(["evaluate", .. arguments.Select(a => a == "GOODS" ? goods : a == "EMPTY" ? _scratch.File("empty.csv") : a), "--edition", "HS2022", "--no-header", "--code-column", "#1", "--text-column", "#2"]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    /// <summary>Four goods whose names tell the code, among made-up words.</summary>
    private string Goods(int rows)
    {
        (string Name, string Code)[] goods = [("garden chair", "940180"), ("cotton shirt", "610510"), ("steel bolt", "731815"), ("roasted coffee", "090121")];
        var path = _scratch.File(string.Create(CultureInfo.InvariantCulture, $"goods{rows}.csv"));
        File.WriteAllText(path, "description,hs6\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"{goods[i * i % 7 % 4].Name} {Letters(i)} {Letters(i * 13 % 40)},{goods[i * i % 7 % 4].Code}\n")));
        return path;
    }

    private static string Letters(int number) => $"{(char)('a' + (number % 26))}{(char)('a' + (number / 26 % 26))}{"xyz"[number % 3]}";

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (await CommandLine.RunAsync(arguments, output, errors), output.ToString(), errors.ToString());
    }
}
