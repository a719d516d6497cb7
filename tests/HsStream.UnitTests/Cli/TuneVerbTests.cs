using System.Text.Json.Nodes;
using HsStream.Cli;
using HsStream.UnitTests.Training;
using Xunit;

namespace HsStream.UnitTests.Cli;

public sealed class TuneVerbTests
{
    [Fact]
    public async Task A_search_writes_settings_that_train_takes_and_goes_on_from_its_log()
    {
        using var scratch = new Scratch();
        await File.WriteAllLinesAsync(scratch.File("data.tsv"), ["code\tdescription", .. TinyGoods.Texts(300, 1).Where(t => t.Text.Length > 0).Select(t => $"{TinyGoods.Labels.Codes[t.Label]}\t{t.Text}")], Token);
        await File.WriteAllTextAsync(scratch.File("space.json"), """{"training.optimizer.table_rate":{"least":0.01,"most":1,"log":true}}""", Token);
        string[] arguments =
        [
            "tune", "--data", scratch.File("data.tsv"), "--models", scratch.File("models"), "--space", scratch.File("space.json"), "--write", scratch.File("best"),
            "--epochs", "3", "--threads", "1", "--no-catalogue", "--json", "--network", scratch.File("network.json"), "--code-column", "code", "--text-column", "description",
        ];
        await File.WriteAllTextAsync(scratch.File("network.json"), """{"channels":[{"kind":"ngrams","width":8}]}""", Token);
        var (exitCode, output, errors) = await RunAsync([.. arguments, "--trials", "2"]);
        Assert.True(exitCode == 0, errors);
        Assert.Contains("trial 2 (", errors, StringComparison.Ordinal);
        var first = JsonNode.Parse(output)!;
        Assert.Equal(2, (int)first["trials"]!);
        var rate = double.Parse((string)first["parameters"]!["training.optimizer.table_rate"]!, System.Globalization.CultureInfo.InvariantCulture);
        var written = JsonNode.Parse(await File.ReadAllTextAsync(scratch.File("best/training.json"), Token))!;
        Assert.Equal(rate, (double)written["optimizer"]!["table_rate"]!, 9);
        Assert.Equal(3, (int)written["epochs"]!);

        (exitCode, output, _) = await RunAsync([.. arguments, "--trials", "3"]);
        Assert.Equal(0, exitCode);
        Assert.Equal(3, (int)JsonNode.Parse(output)!["trials"]!);
        Assert.Equal(4, File.ReadLines((string)first["log"]!).Count());

        // Other data: the log is of another search.
        await File.AppendAllTextAsync(scratch.File("data.tsv"), "010121\tsomething else\n", Token);
        (exitCode, _, errors) = await RunAsync([.. arguments, "--trials", "4"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("another search", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_space_that_names_no_setting_fails_with_its_name()
    {
        using var scratch = new Scratch();
        await File.WriteAllTextAsync(scratch.File("space.json"), """{"training.optimiser.table_rate":{"least":0.01,"most":1}}""", Token);
        var (exitCode, _, errors) = await RunAsync(
            ["tune", "--models", scratch.File("models"), "--space", scratch.File("space.json"), "--trials", "1", "--generated-lines", "100", "--no-catalogue"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("training.optimiser.table_rate", errors, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (await CommandLine.RunAsync(arguments, output, errors), output.ToString(), errors.ToString());
    }
}
