using System.Text;
using HsStream.Cli;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Training.Modelling;
using HsStream.UnitTests.Training.Modelling;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HsStream.UnitTests.Cli;

public sealed class PredictVerbTests(PredictVerbTests.TrainedModel model) : IClassFixture<PredictVerbTests.TrainedModel>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_line_of_a_file_gets_a_line_in_its_order()
    {
        var texts = model.Rows.Take(5000).Select(row => row.Text).ToList();

        var lines = await PredictAsync(Encoding.UTF8.GetBytes(string.Join('\n', texts)));

        Assert.Equal(texts, lines.Select(line => line[4]));
        Assert.Equal(Enumerable.Range(1, texts.Count), lines.Select(line => int.Parse(line[0], System.Globalization.CultureInfo.InvariantCulture)));
        var right = lines.Zip(model.Rows).Count(pair => pair.First[5] == pair.Second.Code.ToString());
        Assert.True(right > 0.9 * texts.Count, $"{right} of {texts.Count} lines got their code.");
    }

    [Theory]
    [InlineData("", "EmptyText")]
    [InlineData("   \r", "EmptyText")]
    [InlineData("\0\u0001ka\0lo", "DamagedText")]
    [InlineData("never seen words", "UnknownWords")]
    public async Task An_odd_line_goes_to_review_and_says_why(string text, string reason)
    {
        var line = Assert.Single(await PredictAsync(Encoding.UTF8.GetBytes(text + "\n")));

        Assert.Equal("REVIEW", line[1]);
        Assert.Contains(reason, line[3].Split(','));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_go_to_review()
    {
        var line = Assert.Single(await PredictAsync([0xFF, 0xFE, 0xFD, (byte)'a', (byte)'\n']));

        Assert.Equal("REVIEW", line[1]);
    }

    [Fact]
    public async Task A_line_of_a_hundred_thousand_characters_goes_to_review()
    {
        var line = Assert.Single(await PredictAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(model.Rows[0].Text + " ", 100_000 / model.Rows[0].Text.Length)))));

        Assert.Equal("REVIEW", line[1]);
        Assert.Contains("TruncatedText", line[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_of_a_table_that_cannot_be_read_keeps_its_place()
    {
        var lines = await PredictAsync([.. "description\nkalo\n"u8, 0xC3, 0x28, (byte)'\n', .. "lomi\n"u8], ".csv");

        Assert.Equal(["2", "3", "4"], lines.Select(line => line[0]));
        Assert.Equal(("REVIEW", ""), (lines[1][1], lines[1][5]));
    }

    [Fact]
    public async Task A_damaged_model_is_named_and_not_used()
    {
        var copy = Path.Combine(model.Folder, "damaged");
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.EnumerateFiles(model.Bundle)) { File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true); }
        var labels = Path.Combine(copy, "labels.tsv");
        var bytes = await File.ReadAllBytesAsync(labels, Token);
        bytes[^2] ^= 1;
        await File.WriteAllBytesAsync(labels, bytes, Token);

        foreach (var verb in (string[][])[["predict", "kalo", "--model", copy], ["model", "verify", "--model", copy], ["model", "inspect", "--model", copy]])
        {
            using var errors = new StringWriter();
            Assert.Equal(1, await CommandLine.RunAsync(verb, TextWriter.Null, errors));
            Assert.Contains("labels.tsv", errors.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_sound_model_is_listed_inspected_and_verified()
    {
        var store = Path.Combine(model.Folder, "models");
        foreach (var verb in (string[][])[["model", "list", "--models", store], ["model", "inspect", "--models", store, "--json"], ["model", "verify", "--models", store]])
        {
            using var output = new StringWriter();
            Assert.Equal(0, await CommandLine.RunAsync(verb, output, TextWriter.Null));
            Assert.Contains(Path.GetFileName(model.Bundle), output.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_explanation_names_the_words()
    {
        using var output = new StringWriter();

        Assert.Equal(0, await CommandLine.RunAsync(["predict", model.Rows[0].Text, "--explain", "--model", model.Bundle], output, TextWriter.Null));

        Assert.All(model.Rows[0].Text.Split(' '), word => Assert.Contains(word, output.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cannot read /nothing/here.txt", "--file", "/nothing/here.txt")]
    [InlineData("expected descriptions as arguments, or --file, and not both")]
    [InlineData("expected descriptions as arguments, or --file, and not both", "lamp", "--file", "/nothing/here.txt")]
    [InlineData("--top is 101; expected 1 to 100", "lamp", "--top", "101")]
    [InlineData("--coverage is 0.3", "lamp", "--coverage", "0.3")]
    [InlineData("--explain is for descriptions given as arguments", "--file", "/dev/null", "--explain")]
    public async Task What_cannot_be_predicted_is_said_and_nothing_is_printed(string expected, params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();

        Assert.Equal(1, await CommandLine.RunAsync(["predict", .. arguments, "--model", model.Bundle], output, errors));

        Assert.Equal("", output.ToString());
        Assert.Contains(expected, errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_line_has_as_many_columns_as_the_header_also_where_the_model_has_fewer_codes()
    {
        using var output = new StringWriter();

        Assert.Equal(0, await CommandLine.RunAsync(["predict", model.Rows[0].Text, "", "--model", model.Bundle, "--top", "100"], output, TextWriter.Null));

        var columns = output.ToString().TrimEnd('\n').Split('\n').Select(line => line.Split('\t').Length).ToList();
        Assert.Equal([205, 205, 205], columns);
    }

    [Fact]
    public async Task The_first_probability_is_the_one_that_rows_are_decided_by()
    {
        var texts = model.Rows.Take(300).Select(row => row.Text).ToList();
        var lines = await PredictAsync(Encoding.UTF8.GetBytes(string.Join('\n', texts)));
        double P(string[] line) => double.Parse(line[6], System.Globalization.CultureInfo.InvariantCulture);
        var auto = lines.Where(line => line[1] == "AUTO").ToList();
        var unsure = lines.Where(line => line[3] == "LowConfidence").ToList();

        Assert.NotEmpty(auto);
        Assert.All(auto, line => Assert.Equal("Confident", line[3]));
        Assert.True(unsure.Count == 0 || auto.Min(P) >= unsure.Max(P), "A row below the threshold prints a higher probability than one that was decided.");
    }

    private async Task<List<string[]>> PredictAsync(byte[] content, string ending = ".txt")
    {
        var file = Path.Combine(model.Folder, Guid.NewGuid().ToString("n") + ending);
        await File.WriteAllBytesAsync(file, content, Token);
        using var output = new StringWriter();
        Assert.Equal(0, await CommandLine.RunAsync(["predict", "--file", file, "--model", model.Bundle, "--no-header-line"], output, TextWriter.Null));
        return [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))];
    }

    /// <summary>One small model for all tests here.</summary>
    public sealed class TrainedModel : IDisposable
    {
        public TrainedModel()
        {
            Folder = Directory.CreateTempSubdirectory("hsstream-predict-").FullName;
            Rows = SmallGoods.Rows(600);
            Bundle = new ModelBuilder(SmallGoods.Settings, "made up", new FakeTimeProvider())
                .Build(TrainingSet.Of(Rows, SmallGoods.Settings, null), new BundleStore(Path.Combine(Folder, "models")), TestContext.Current.CancellationToken).Directory;
        }

        public string Folder { get; }

        public string Bundle { get; }

        public IReadOnlyList<(string Text, HsCode Code)> Rows { get; }

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}
