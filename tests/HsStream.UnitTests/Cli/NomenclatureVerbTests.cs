using System.Text.Json.Nodes;
using HsStream.Cli;
using HsStream.UnitTests.Training;
using Xunit;

namespace HsStream.UnitTests.Cli;

public sealed class NomenclatureVerbTests : IDisposable
{
    private readonly Scratch _scratch = new();

    private string Data => _scratch.File("data");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Show_tells_what_is_above_and_below_and_in_the_other_edition()
    {
        var (exitCode, output, _) = await RunAsync("show", "87.12");
        Assert.Equal(0, exitCode);
        Assert.Contains("heading of HS2022, in force from 2022-01-01 to 2027-12-31", output, StringComparison.Ordinal);
        Assert.Contains("none imported", output, StringComparison.Ordinal);
        Assert.Matches("(?m)^above +87 ", output);
        Assert.Matches("(?m)^below +8712.00", output);
        Assert.Contains("HS2017 1:1  8712", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_tells_machines_the_same()
    {
        var json = JsonNode.Parse((await RunAsync("show", "854140", "--edition", "HS2017", "--json")).Output)!;
        Assert.Equal(("854140", "subheading", "HS2017"), ((string?)json["code"], (string?)json["level"], (string?)json["edition"]));
        Assert.Equal(["85", "8541"], json["parents"]!.AsArray().Select(p => (string?)p!["code"]));
        Assert.Equal(("n:n", "HS2022", false), ((string?)json["conversions"]![0]!["relationship"], (string?)json["conversions"]![0]!["to"], (bool)json["conversions"]![0]!["isUnambiguous"]!));
    }

    [Fact]
    public async Task Imported_texts_are_shown_listed_and_searched()
    {
        var (exitCode, output, _) = await RunAsync("import", Write("list.csv", "code,description\n8712,Pedal-driven cycles\n871200,Pedal-driven cycles without a motor\n"), "--edition", "HS2022");
        Assert.Equal(0, exitCode);
        Assert.Contains("texts of 0 chapters, 1 headings and 1 of 5612 subheadings", output, StringComparison.Ordinal);
        Assert.Contains("text   Pedal-driven cycles without a motor", (await RunAsync("show", "8712.00")).Output, StringComparison.Ordinal);
        Assert.Contains("not in the imported list", (await RunAsync("show", "8711")).Output, StringComparison.Ordinal);
        Assert.Contains("none imported", (await RunAsync("show", "8712.00", "--edition", "HS2017")).Output, StringComparison.Ordinal);
        Assert.Equal(["code", "8712", "8712.00"], (await RunAsync("list", "--search", "pedal-driven CYCLES")).Output.TrimEnd().Split('\n').Select(l => l.Split('\t')[0]));

        // The next import takes the place of the first.
        await RunAsync("import", Write("list.json", """[{"htsno":"8712.00","indent":"0","description":"Velocipedes"}]"""), "--edition", "HS2022");
        Assert.Contains("text   Velocipedes", (await RunAsync("show", "8712.00")).Output, StringComparison.Ordinal);
        Assert.Contains("not in the imported list", (await RunAsync("show", "8712")).Output, StringComparison.Ordinal);
        Assert.Equal("1\n", File.ReadAllText(Path.Combine(Data, "VERSION")));
    }

    [Fact]
    public async Task A_list_of_the_wrong_edition_is_imported_by_force_only()
    {
        var file = Write("list.csv", "code,description\n854140,Cells\n871200,Cycles\n");
        var (exitCode, _, errors) = await RunAsync("import", file, "--edition", "HS2022");
        Assert.Equal(1, exitCode);
        Assert.Contains("1 of 2 codes (50.0%) are not in HS2022, such as 8541.40; HS2017 fits", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
        Assert.Equal(0, (await RunAsync("import", file, "--edition", "HS2022", "--force")).ExitCode);
        var json = JsonNode.Parse((await RunAsync("import", file, "--edition", "HS2017", "--json")).Output)!;
        Assert.Equal((2, 0), ((int)json["subheadings"]!, (int)json["unknownCodes"]!));
    }

    [Fact]
    public async Task List_shows_chapters_or_what_is_below_a_code()
    {
        Assert.Equal(96, (await RunAsync("list")).Output.TrimEnd().Split('\n').Length - 1);
        Assert.Equal(["8711", "8711.10"], (await RunAsync("list", "8711")).Output.Split('\n').Skip(1).Take(2).Select(l => l.Split('\t')[0]));
        Assert.Equal(5387, (await RunAsync("list", "--level", "subheading", "--edition", "HS2017")).Output.TrimEnd().Split('\n').Length - 1);
        Assert.Equal("8711.10", (string?)JsonNode.Parse((await RunAsync("list", "8711.10", "--json")).Output)!["code"]);
    }

    [Fact]
    public async Task Codes_are_found_by_what_the_trade_calls_the_goods()
    {
        var row = (await RunAsync("list", "--search", "COOKER rice", "--level", "subheading")).Output.Split('\n').Skip(1).First(l => l.StartsWith("8516", StringComparison.Ordinal)).Split('\t');
        Assert.Contains("rice cooker", row[^1], StringComparison.Ordinal);
        // Of the thousand counterparts of waste only the first stand in the text.
        Assert.Matches(@"HS2017 n:n  8542\.31, .* and 1007 more; see --json", (await RunAsync("show", "8549.21")).Output);
    }

    [Fact]
    public async Task Convert_shows_every_candidate()
    {
        var (exitCode, output, _) = await RunAsync("convert", "8712.00", "382200", "300219", "--from", "HS2017", "--to", "HS2022");
        Assert.Equal(0, exitCode);
        var rows = output.TrimEnd().Split('\n').Skip(1).Select(l => l.Split('\t')[..3]).ToList();
        Assert.Equal([["8712.00", "1:1", "8712.00"], ["3822.00", "n:n", "3822.19"], ["3822.00", "n:n", "3822.90"]], rows.Take(3));
        Assert.Equal(["3002.19", "none", "-"], rows[^1]);
        Assert.Equal(3, (await RunAsync("convert", "8712.00", "382200", "300219", "--from", "HS2017", "--to", "HS2022", "--json")).Output.TrimEnd().Split('\n').Length);
    }

    [Theory]
    [InlineData("did you mean 8712.00", "show", "8712.01")]
    [InlineData("'bicycle' holds 'b'", "show", "bicycle")]
    [InlineData("comes into force on 2028-01-01", "show", "8712", "--edition", "HS2028")]
    [InlineData("is one of HS2017 and became", "show", "854140")]
    [InlineData("no code fits", "list", "--search", "zzzz")]
    [InlineData("--level is 'item'", "list", "--level", "item")]
    [InlineData("is not a code of HS2017", "convert", "854921", "--from", "2017", "--to", "2022")]
    [InlineData("Cannot read", "import", "/nowhere/list.csv", "--edition", "HS2022")]
    [InlineData("expected a language tag", "show", "8712", "--language", "../x")]
    public async Task What_cannot_be_done_is_one_line(string expected, params string[] arguments)
    {
        var (exitCode, _, errors) = await RunAsync(arguments);
        Assert.Equal(1, exitCode);
        Assert.Contains(expected, Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(_scratch.File(name), text);
        return _scratch.File(name);
    }

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        string[] folder = arguments[0] == "convert" ? [] : ["--data-dir", Data];
        var exitCode = await CommandLine.RunAsync(["nomenclature", .. arguments, .. folder], output, errors);
        return (exitCode, output.ToString(), errors.ToString());
    }
}
