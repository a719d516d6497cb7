using System.Text.Json.Nodes;
using HsStream.Cli;
using HsStream.UnitTests.Training;
using Xunit;

namespace HsStream.UnitTests.Cli;

/// <summary>The verb itself, on a few hundred made-up lines; what it builds is tested with the builder.</summary>
public sealed class TrainVerbTests : IDisposable
{
    private static readonly string[] Quick = ["--no-catalogue", "--epochs", "3", "--json"];

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_file_becomes_a_model_that_predicts_its_goods()
    {
        var (exitCode, output, errors) = await RunAsync(["train", "--data", Goods("854911"), "--models", Models, .. Quick]);

        Assert.True(exitCode == 0, errors);
        var trained = JsonNode.Parse(output)!;
        Assert.Equal(Models, Path.GetDirectoryName((string)trained["folder"]!));
        Assert.InRange((double)trained["heldOutHs6"]!, 0.5, 1);
        Assert.True((long)trained["bundleBytes"]! > 1000 && (long)trained["parameters"]! > 1000 && (double)trained["seconds"]! > 0, output);
        Assert.Contains("300 rows", errors, StringComparison.Ordinal);
        Assert.Contains("run 2 of 2, to calibrate: epoch 3/3", errors, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateDirectories(Models), folder => Path.GetFileName(folder).StartsWith(".training", StringComparison.Ordinal));

        (exitCode, output, errors) = await RunAsync(["predict", "steel bolt", "--models", Models, "--json"]);
        Assert.True(exitCode == 0, errors);
        Assert.Equal("731815", (string?)JsonNode.Parse(output)!["codes"]![0]!["code"]);
        Assert.Equal((string?)trained["modelVersion"], (string?)JsonNode.Parse(output)!["modelVersion"]);
    }

    [Fact]
    public async Task The_options_reach_the_model_and_its_manifest()
    {
        File.WriteAllText(_scratch.File("training.json"), """{"batch_size": 64}""");
        var (exitCode, output, errors) = await RunAsync(
        [
            "train", "--data", Goods("854911"), "--models", Models, "--architecture", "dnn", "--seed", "9", "--training", _scratch.File("training.json"),
            "--keep-duplicates", .. Quick,
        ]);

        Assert.True(exitCode == 0, errors);
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine((string)JsonNode.Parse(output)!["folder"]!, "manifest.json")))!;
        Assert.Equal(("dnn", 9, "HS2022"), ((string?)manifest["architecture"], (int)manifest["seed"]!, (string?)manifest["nomenclature_edition"]));
        Assert.Equal("false", (string?)manifest["hyper_parameters"]!["collapse_duplicates"]);
        var training = JsonNode.Parse((string)manifest["hyper_parameters"]!["training"]!)!;
        Assert.Equal((64, 3), ((int)training["batch_size"]!, (int)training["epochs"]!));
    }

    [Theory]
    [InlineData("854810", "HS2017")]    // waste of batteries: 8549 in HS 2022
    [InlineData("854911", "HS2022")]
    public async Task Without_an_edition_the_one_that_fits_more_codes_is_taken_and_named(string code, string edition)
    {
        var (exitCode, output, errors) = await RunAsync(["train", "--data", Goods(code), "--models", Models, .. Quick]);

        Assert.True(exitCode == 0, errors);
        Assert.Contains($"its codes are taken for those of {edition}", errors, StringComparison.Ordinal);
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine((string)JsonNode.Parse(output)!["folder"]!, "manifest.json")))!;
        Assert.Equal(edition, (string?)manifest["nomenclature_edition"]);
    }

    [Fact]
    public async Task Codes_that_both_editions_have_need_an_edition()
    {
        var (exitCode, output, errors) = await RunAsync(["train", "--data", Goods("940180"), "--models", Models, .. Quick]);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("fit HS2017 and HS2022 equally well (300 rows); --edition says which", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cuda_that_is_not_there_is_replaced_with_a_warning()
    {
        var (exitCode, _, errors) = await RunAsync(["train", "--data", Goods("854911"), "--models", Models, "--device", "cuda", .. Quick]);
        Assert.True(exitCode == 0, errors);
        Assert.Contains("CUDA was asked for and is not there (this build has no CUDA; build with -p:Accelerator=cuda); training runs on the CPU", errors, StringComparison.Ordinal);
        (exitCode, _, errors) = await RunAsync(["train", "--data", Goods("854911"), "--models", Models, "--seed", "2", "--device", "auto", .. Quick]);
        Assert.True(exitCode == 0, errors);
        Assert.DoesNotContain("CUDA", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--device is 'tpu'", "--device", "tpu")]
    [InlineData("cannot read", "--data", "/nothing/here.csv")]
    [InlineData("NoSuchEdition", "--edition", "NoSuchEdition")]
    [InlineData("architecture must be one of", "--architecture", "svm")]
    [InlineData("catalogue_weight", "--catalogue-weight", "11")]
    [InlineData("cannot read", "--network", "/nothing/here.json")]
    [InlineData("channels[0].width", "--network", "WIDE")]
    public async Task What_cannot_be_trained_is_said_before_the_work_begins(string expected, params string[] arguments)
    {
        File.WriteAllText(_scratch.File("wide.json"), """{"channels": [{"kind": "ngrams", "width": 5000}]}""");
        string[] data = arguments[0] == "--data" ? [] : ["--data", Goods("854911")];
        var (exitCode, output, errors) = await RunAsync(
            ["train", .. data, "--models", Models, "--epochs", "1", .. arguments.Select(argument => argument == "WIDE" ? _scratch.File("wide.json") : argument)]);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(expected, errors, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("epoch", errors, StringComparison.Ordinal);
    }

    private string Models => _scratch.File("models");

    /// <param name="code">Of a quarter of the lines; both editions have the others'.</param>
    private string Goods(string code)
    {
        (string Text, string Code)[] goods = [("garden chair", "940180"), ("cotton shirt", "610510"), ("steel bolt", "731815"), ("spent battery", code)];
        var path = _scratch.File("goods.csv");
        File.WriteAllText(path, "description,hs6\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"{goods[i % 4].Text} {Word(i)} {Word(i * 7)},{goods[i % 4].Code}\n")));
        return path;
    }

    private static string Word(int number) => $"{(char)('a' + (number % 26))}{(char)('a' + (number / 26 % 26))}x";

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (await CommandLine.RunAsync(arguments, output, errors), output.ToString(), errors.ToString());
    }
}
