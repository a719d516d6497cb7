using System.Text;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.Import;
using Xunit;

namespace HsStream.UnitTests.Training.Datasets.Import;

public sealed class ImportFormatTests
{
    private const string Small = "description,hs6\nrice cooker,851660\nbicycle,871200\n";

    public static TheoryData<string, byte[]> Spellings => new()
    {
        { "rows.csv", Encoding.UTF8.GetBytes(Small) },
        { "rows.csv", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Small)] },
        { "rows.csv", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Small)] },
        { "rows.csv", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Small)] },
        { "rows.csv", Encoding.UTF8.GetBytes(Small.Replace("\n", "\r\n", StringComparison.Ordinal)) },
        { "rows.csv", Encoding.UTF8.GetBytes(Small.Replace('\n', '\r')) },
        { "rows.csv", Encoding.UTF8.GetBytes(Small.TrimEnd()) },
        { "rows.csv", Encoding.UTF8.GetBytes(Small.Replace(',', ';')) },
        { "rows.csv", Encoding.UTF8.GetBytes("sep=|\r\n" + Small.Replace(',', '|')) },
        { "rows.csv", Imported.Gzip(Encoding.UTF8.GetBytes(Small)) },          // the name says nothing of it
        { "rows.csv.gz", Imported.Gzip([0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Small)]) },
        { "rows.tsv", Encoding.UTF8.GetBytes(Small.Replace(',', '\t')) },
        { "rows", Encoding.UTF8.GetBytes(Small.Replace(',', '\t')) },
        { "rows.jsonl", Encoding.UTF8.GetBytes("{\"description\":\"rice cooker\",\"hs6\":\"8516.60\"}\n\n{\"hs6\":871200,\"x\":[1],\"description\":\"bicycle\"}") },
        { "rows", Encoding.UTF8.GetBytes(" {\"description\":\"rice cooker\",\"hs6\":\"8516.60\"}\n{\"hs6\":871200,\"description\":\"\\u0062icycle\"}\n") },
    };

    [Theory]
    [MemberData(nameof(Spellings))]
    public void The_same_rows_come_out_of_every_format(string name, byte[] bytes)
    {
        var imported = Imported.From(bytes, name);
        Assert.Empty(imported.Rejected);
        Assert.Equal([("rice cooker", "851660"), ("bicycle", "871200")], imported.Rows.Select(r => (r.Text, r.Code.ToString())));
    }

    [Fact]
    public void A_stream_that_gives_one_byte_at_a_time_gives_the_same_rows()
    {
        var report = new ImportReport();
        using var import = DescriptionImport.Open(new Trickle(Imported.Gzip([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("description,hs6\n\"a \"\"𝒳\"\"\nb\",871200\n")])), "x.csv", Imported.Defaults, report);
        Assert.Equal("a \"𝒳\"\nb", Assert.Single(import.ReadLabelled()).Text);
    }

    [Fact]
    public void Quoted_fields_hold_delimiters_quotes_and_line_breaks()
    {
        var imported = Imported.Csv("hs6,description\n871200,\"bicycle, 26\"\"\r\nred\"\n871200,10\" pipe bender\n871200,\"\"\n851660,\"cooker\" \n");
        Assert.Equal([(2L, "bicycle, 26\"\r\nred"), (4L, "10\" pipe bender"), (6L, "cooker")], imported.Rows.Select(r => (r.Line, r.Text)));
        Assert.Equal((5L, RejectReason.EmptyText), imported.Rejected.Select(r => (r.Line, r.Reason)).Single());
    }

    [Fact]
    public void In_tab_separated_text_a_quote_that_does_not_fit_is_a_character()
    {
        var imported = Imported.From("hs6\tdescription\n871200\t\"10\" bicycle\n871200\t\"red\tgreen\"\n871200\t\"open\n851660\tcooker"u8.ToArray(), "x.tsv");
        Assert.Empty(imported.Rejected);
        Assert.Equal(["\"10\" bicycle", "red\tgreen", "\"open", "cooker"], imported.Rows.Select(r => r.Text));
    }

    [Fact]
    public void Columns_are_found_by_name_and_by_position()
    {
        const string Text = "id;Goods Description;HS Code;when;3\n7;bicycle;87.12.00;2024-03-01T08:30:00+01:00;x\n";
        var options = Imported.Defaults with { Time = ColumnRef.Parse("WHEN"), Sequence = ColumnRef.Parse("#1") };
        var row = Assert.Single(Imported.Csv(Text, options).Rows);
        Assert.Equal(("bicycle", "871200", 7L, new DateTimeOffset(2024, 3, 1, 7, 30, 0, TimeSpan.Zero)), (row.Text, row.Code.ToString(), row.Sequence, row.Time));
        Assert.Equal("x", Assert.Single(Imported.Csv(Text, Imported.Defaults with { Text = ColumnRef.Parse("3") }).Rows).Text);       // a name before a position
        Assert.Equal("bicycle", Assert.Single(Imported.Csv(Text, Imported.Defaults with { Text = ColumnRef.Parse("2") }).Rows).Text);

        var headless = Imported.Defaults with { HasHeader = false, Code = ColumnRef.Parse("#1"), Text = ColumnRef.Parse("2") };
        Assert.Equal((1L, "bolts, nuts"), Imported.Csv("731815;bolts, nuts\n731816;nuts\n", headless).Rows.Select(r => (r.Line, r.Text)).First());
    }

    [Fact]
    public void Json_properties_may_lie_deeper_and_rows_may_be_arrays()
    {
        var options = Imported.Defaults with { Text = ColumnRef.Parse("goods.text"), Code = ColumnRef.Parse("goods.label.hs") };
        const string Json = """
            {"goods":{"text":"bicycle","label":{"hs":"8712.00"},"other":{"hs":1}},"goods.x":2}
            {"goods.text":"cooker","goods":{"label":{"hs":851660.0}}}
            {"goods":{"text":null,"label":{"hs":"871200"}}}
            """;
        var imported = Imported.From(Encoding.UTF8.GetBytes(Json), "x.jsonl", options);
        Assert.Equal(["bicycle", "cooker"], imported.Rows.Select(r => r.Text));
        Assert.Equal((3L, "goods.text", RejectReason.MissingColumn), imported.Rejected.Select(r => (r.Line, r.Column, r.Reason)).Single());

        var byPosition = Imported.Defaults with { Text = ColumnRef.Parse("#2"), Code = ColumnRef.Parse("#1") };
        Assert.Equal("bicycle", Assert.Single(Imported.From("[\"871200\",\"bicycle\",{}]"u8.ToArray(), "x.jsonl", byPosition).Rows).Text);
    }

    [Fact]
    public void Descriptions_alone_need_no_code_column()
    {
        Assert.Equal(["a, b", "c"], Imported.PlainFrom("a, b\n\n c \r\n"u8.ToArray(), "x.txt").Plain.Select(r => r.Text));
        Assert.Equal(["a, b", "c"], Imported.PlainFrom("description\n\"a, b\"\nc\n"u8.ToArray(), "x.csv").Plain.Select(r => r.Text));
        Assert.Equal(["a"], Imported.PlainFrom("{\"text\":\"a\"}"u8.ToArray(), "x.ndjson.gz").Plain.Select(r => r.Text));
    }

    [Theory]
    [InlineData("item,qty\nx,1\n", "Which column holds the HS code? Expected --code-column with one of: item, qty.")]
    [InlineData("", "Expected a header row, got an empty file.")]
    [InlineData("hs6,hs6,description\n1,2,x\n", "more than once")]
    [InlineData("\"hs6\n", "The header row cannot be read")]
    public void A_file_that_cannot_be_mapped_is_refused(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<ImportException>(() => Imported.Csv(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_column_that_is_not_there_is_refused_with_those_that_are()
    {
        var options = Imported.Defaults with { Code = ColumnRef.Parse("hs") };
        Assert.Contains("expected one of: description, hs6", Assert.Throws<ImportException>(() => Imported.Csv(Small, options)).Message, StringComparison.Ordinal);
        Assert.Throws<ImportException>(() => Imported.Csv(Small, Imported.Defaults with { Code = ColumnRef.Parse("#3") }));
        Assert.Throws<ImportException>(() => ColumnRef.Parse("#0"));
        Assert.Throws<ImportException>(() => ColumnRef.Parse(""));
    }

    [Fact]
    public void Utf32_and_missing_files_are_refused()
    {
        Assert.Contains("UTF-32", Assert.Throws<ImportException>(() => Imported.From([0xFF, 0xFE, 0, 0, .. Encoding.UTF32.GetBytes(Small)], "x.csv")).Message, StringComparison.Ordinal);
        Assert.Contains("Cannot read", Assert.Throws<ImportException>(() => DescriptionImport.Open("/nowhere/x.csv", Imported.Defaults, new ImportReport())).Message, StringComparison.Ordinal);
        Assert.Contains("Cannot read", Assert.Throws<ImportException>(() => DescriptionImport.Open("/", Imported.Defaults, new ImportReport())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Codes_are_converted_and_ambiguous_ones_follow_the_choice()
    {
        const string Text = "description,hs6\nbicycle,8712.00.00\ndisc,852349\nblood,300219\nreagent,382200\n";
        var options = Imported.Defaults with { Edition = NomenclatureEdition.Hs2017, TargetEdition = NomenclatureEdition.Hs2022 };
        var rejecting = Imported.Csv(Text, options);
        Assert.Equal(["871200"], rejecting.Rows.Select(r => r.Code.ToString()));
        Assert.Equal([RejectReason.AmbiguousCode, RejectReason.NoCounterpart, RejectReason.AmbiguousCode], rejecting.Rejected.Select(r => r.Reason));
        Assert.Contains("852349 may be 852349, 854921", rejecting.Rejected[0].Expected, StringComparison.Ordinal);
        Assert.Equal(["871200", "852349"], Imported.Csv(Text, options with { Ambiguous = AmbiguousCodes.Same }).Rows.Select(r => r.Code.ToString()));
        var first = Imported.Csv(Text, options with { Ambiguous = AmbiguousCodes.First });
        Assert.Equal(["871200", "852349", "382219"], first.Rows.Select(r => r.Code.ToString()));
        Assert.Equal((2L, 1L), (first.Report.ChosenCodes, first.Report.ConvertedCodes));
    }

    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(1, buffer.Length)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(1, count));
    }
}
