using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.Import;
using Xunit;

namespace HsStream.UnitTests.Training.Datasets.Import;

public sealed class RejectedRowTests
{
    [Theory]
    [InlineData("x", "", RejectReason.EmptyCode, "hs6")]
    [InlineData("x", "8712", RejectReason.ShortCode, "hs6")]
    [InlineData("x", "10121", RejectReason.BadCode, "hs6")]
    [InlineData("x", "271011", RejectReason.UnknownCode, "hs6")]
    [InlineData("x", "8712OO", RejectReason.BadCode, "hs6")]
    [InlineData(" ", "871200", RejectReason.EmptyText, "description")]
    [InlineData("--", "871200", RejectReason.EmptyText, "description")]
    [InlineData("x\0y", "871200", RejectReason.NulByte, "description")]
    [InlineData("x,y", "871200", RejectReason.ExtraColumns, "")]
    [InlineData("\"x\"y", "871200", RejectReason.BadQuotes, "description")]
    [InlineData("\"x", "871200", RejectReason.BadQuotes, "description")]
    public void A_bad_row_is_reported_with_line_and_column_and_the_next_one_is_read(string text, string code, RejectReason reason, string column)
    {
        var imported = Imported.Csv($"description,hs6\ngood,871200\n{text},{code}\nlast,851660\n", Imported.Defaults with { Delimiter = ',' });
        Assert.Equal(["good", "last"], imported.Rows.Select(r => r.Text));
        var rejected = Assert.Single(imported.Rejected);
        Assert.Equal((3L, reason, column), (rejected.Line, rejected.Reason, rejected.Column));
        Assert.NotEmpty(rejected.Expected);
        Assert.Equal((3L, 2L, 1L), (imported.Report.Rows, imported.Report.Accepted, imported.Report.Totals[reason]));
    }

    [Fact]
    public void A_row_with_too_few_columns_lacks_one()
    {
        var rejected = Assert.Single(Imported.Csv("description,x,hs6\nbicycle\n").Rejected);
        Assert.Equal((2L, "hs6", RejectReason.MissingColumn), (rejected.Line, rejected.Column, rejected.Reason));
    }

    [Fact]
    public void Empty_columns_beyond_the_header_do_no_harm() =>
        Assert.Single(Imported.Csv("description,hs6\nbicycle,871200,,\n").Rows);

    [Fact]
    public void Bytes_that_are_no_text_are_shown_as_bytes()
    {
        var imported = Imported.From([.. "description,hs6\ncaf"u8, 0xE9, .. " machine,851671\ncafé,851671\n"u8], "x.csv");
        Assert.Equal((2L, RejectReason.InvalidUtf8, "caf\\xE9 machine"), imported.Rejected.Select(r => (r.Line, r.Reason, r.Arrived)).Single());
        Assert.Equal("café", imported.Rows.Single().Text);
    }

    [Fact]
    public void Half_a_surrogate_pair_in_utf16_costs_its_row_only()
    {
        var text = "description,hs6\nbad \uD83D one,871200\nbicycle \uD83D\uDEB2,871200\n";
        var imported = Imported.From([0xFF, 0xFE, .. text.SelectMany(c => new[] { (byte)c, (byte)(c >> 8) }), 0x41], "x.csv");
        Assert.Equal(["bicycle \uD83D\uDEB2"], imported.Rows.Select(r => r.Text));
        Assert.Equal((2L, RejectReason.InvalidUtf8), imported.Rejected.Select(r => (r.Line, r.Reason)).First());
    }

    [Fact]
    public void A_description_over_the_limit_is_rejected_and_shortened_in_the_report()
    {
        var rejected = Assert.Single(Imported.Csv($"description,hs6\n{new string('x', 100_000)},871200\nbicycle,871200\n").Rejected);
        Assert.Equal((2L, RejectReason.LongText), (rejected.Line, rejected.Reason));
        Assert.Equal(new string('x', 60) + "… (100000 bytes)", rejected.Arrived);
        Assert.Equal(100_000, Imported.Csv($"description,hs6\n{new string('x', 100_000)},871200\n", Imported.Defaults with { MaxTextBytes = 100_000 }).Rows.Single().Text.Length);
    }

    [Fact]
    public void A_stray_quote_costs_one_row_and_not_the_rest_of_the_file()
    {
        var text = new StringBuilder("description,hs6\n\"bicycle,871200\n");
        for (var i = 0; i < 5000; i++) { text.Append("cooker,851660\n"); }
        Assert.Equal(5000, Imported.Csv(text.ToString(), Imported.Defaults with { MaxRowBytes = 10_000 }).Rows.Count);
        Assert.Equal(5000, Imported.Csv(text.ToString()).Rows.Count);
    }

    [Theory]
    [InlineData("x.csv")]
    [InlineData("x.jsonl")]
    [InlineData("x.txt")]
    public void A_line_longer_than_the_limit_is_skipped_whatever_its_length(string name)
    {
        byte[] good = name is "x.jsonl" ? [.. "{\"description\":\"a\"}\n"u8] : [.. "description\n"u8];
        byte[] bytes = [.. good, .. Enumerable.Repeat((byte)'y', 300_000), (byte)'\n', .. good];
        var imported = Imported.PlainFrom(bytes, name, Imported.Defaults with { MaxRowBytes = 4096, HasHeader = true });
        Assert.Equal((2L, RejectReason.LongRow), imported.Rejected.Select(r => (r.Line, r.Reason)).Single());
        Assert.Equal(3, imported.Plain[^1].Line);
    }

    [Theory]
    [InlineData("{\"description\":\"x\"", RejectReason.BadJson)]
    [InlineData("42", RejectReason.BadJson)]
    [InlineData("{} {}", RejectReason.BadJson)]
    [InlineData("{\"hs6\":\"871200\"}", RejectReason.MissingColumn)]
    [InlineData("{\"hs6\":\"871200\",\"description\":{}}", RejectReason.MissingColumn)]
    [InlineData("{\"hs6\":\"871200\",\"description\":\"\\ud800\"}", RejectReason.InvalidUtf8)]
    [InlineData("{\"hs6\":true,\"description\":\"x\"}", RejectReason.BadCode)]
    public void A_bad_json_line_is_reported_and_the_next_one_is_read(string line, RejectReason reason)
    {
        var imported = Imported.From(Encoding.UTF8.GetBytes("{\"description\":\"a\",\"hs6\":\"871200\"}\n" + line + "\n{\"description\":\"b\",\"hs6\":\"871200\"}\n"), "x.jsonl");
        Assert.Equal((2L, reason), imported.Rejected.Select(r => (r.Line, r.Reason)).Single());
        Assert.Equal(["a", "b"], imported.Rows.Select(r => r.Text));
    }

    [Theory]
    [InlineData("03/04/2024", false)]
    [InlineData("2024-02-30", false)]
    [InlineData("2024-03-01 08:30", true)]
    [InlineData("1709281800", true)]
    [InlineData("1709281800000", true)]
    [InlineData("99999999999999999", false)]
    public void Times_that_can_be_read_in_two_ways_are_refused(string time, bool isGood)
    {
        var imported = Imported.Csv($"description,hs6,t\nbicycle,871200,{time}\n", Imported.Defaults with { Time = ColumnRef.Parse("t") });
        Assert.Equal(isGood, imported.Rows.Count == 1);
        if (isGood) { Assert.Equal(new DateTimeOffset(2024, 3, 1, 8, 30, 0, TimeSpan.Zero), imported.Rows[0].Time); }
        else { Assert.Equal(RejectReason.BadTime, imported.Rejected.Single().Reason); }
    }

    [Fact]
    public void A_compressed_file_that_breaks_off_keeps_what_came_before_and_says_so()
    {
        var text = new StringBuilder("description,hs6\n");
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++) { text.Append($"bicycle {random.Next()},871200\n"); }
        var packed = Imported.Gzip(Encoding.UTF8.GetBytes(text.ToString()));
        var cut = Imported.From(packed[..(packed.Length / 2)], "x.csv.gz");
        Assert.InRange(cut.Rows.Count, 5000, 15_000);
        Assert.NotNull(cut.Report.Damage);
        Assert.All(cut.Rejected, r => Assert.Equal(RejectReason.DamagedFile, r.Reason));

        Assert.Equal(20_000, Imported.From([.. packed, .. packed], "x.csv.gz").Rows.Count / 2);        // two members, one header row too many
        Assert.Equal(("the compressed data breaks off", 20_000), (Imported.From(packed[..^1], "x").Report.Damage, Imported.From(packed[..^1], "x").Rows.Count));

        packed.AsSpan(packed.Length / 2, 50).Fill(0xA5);
        Assert.NotNull(Imported.From(packed, "x.csv.gz").Report.Damage);
    }

    [Fact]
    public void A_file_that_breaks_off_inside_bytes_stored_as_they_are_is_noticed_too()
    {
        // Nothing that follows stored bytes can be invalid: only the missing end tells.
        var text = "description,hs6\n" + string.Concat(Enumerable.Repeat("bicycle,871200\n", 1000));
        var packed = Imported.Gzip(Encoding.UTF8.GetBytes(text), CompressionLevel.NoCompression);
        Assert.Null(Imported.From(packed, "x").Report.Damage);
        var cut = Imported.From(packed[..^200], "x");
        Assert.Equal("the compressed data breaks off", cut.Report.Damage);
        Assert.InRange(cut.Rows.Count, 980, 999);
    }

    [Fact]
    public void Rows_of_the_wrong_edition_are_counted_apart()
    {
        var report = Imported.Csv("description,hs6\na,854140\nb,854140\nc,271011\n").Report;
        Assert.Equal((2L, 3L), (report.CodesOfOtherEdition, report.Totals[RejectReason.UnknownCode]));
        Assert.Equal([(2L, "854140"), (1L, "271011")], report.Groups.Select(g => (g.Rows, g.First.Arrived)));
    }

    [Fact]
    public void Lost_zeros_are_restored_on_request_and_counted()
    {
        var imported = Imported.Csv("description,hs6\nhorse,10121\nbicycle,871200\n", Imported.Defaults with { CodeReading = HsCodeReading.Lenient });
        Assert.Equal(["010121", "871200"], imported.Rows.Select(r => r.Code.ToString()));
        Assert.Equal(1, imported.Report.MendedCodes);
        Assert.Equal(1, Imported.Csv("description,hs6\nhorse,10121\nx,99999\n").Report.CodesLackingZero);
    }

    [Fact]
    public void Reports_are_written_as_rows_and_as_json()
    {
        var imported = Imported.Csv("description,hs6\n\"a\tb\nc\",8712\n");
        foreach (var isJson in new[] { true, false })
        {
            var text = new StringWriter();
            var writer = new RejectWriter(text, isJson);
            imported.Rejected.ForEach(writer.Write);
            var lines = text.ToString().TrimEnd().Split('\n');
            Assert.Equal(isJson ? 1 : 2, lines.Length);
            if (isJson) { Assert.Equal("short-code", (string?)JsonNode.Parse(lines[0])!["reason"]); }
            else { Assert.Equal(["2", "hs6", "short-code"], lines[1].Split('\t')[..3]); Assert.Equal(5, lines[1].Split('\t').Length); }
        }

        var json = RejectWriter.ToJson(imported.Report);
        Assert.Equal((1L, 0L, 1L), ((long)json["rows"]!, (long)json["accepted"]!, (long)json["reasons"]!["short-code"]!));
    }
}
