using System.Text;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.Import;
using HsStream.Training.Datasets.OfficialTexts;
using HsStream.UnitTests.Training.Datasets.Import;
using Xunit;

namespace HsStream.UnitTests.Training.Datasets.OfficialTexts;

/// <summary>The texts are ours; only the shape of each list is its publisher's.</summary>
public sealed class OfficialTextListTests
{
    [Fact]
    public void The_united_nations_csv_is_read() => Check(
        "code,parent,description\nTOTAL,#,everything\n01,TOTAL,\"Beasts, alive\"\n0101,01,Horse kind\n010121,0101,Stud horses\n",
        "01=Beasts, alive", "0101=Horse kind", "010121=Stud horses");

    [Fact]
    public void The_united_nations_json_is_read() => Check(
        """{"more":false,"classCode":"H6","results":[{"id":"TOTAL","text":"all","parent":"#"},{"id":"01","text":"01 - Beasts","parent":"TOTAL","isLeaf":"0"},{"id":"010121","text":"010121 - Stud horses","parent":"0101","aggrLevel":6}]}""",
        "01=Beasts", "010121=Stud horses");

    [Fact]
    public void The_us_tariff_csv_is_read_with_its_groups() => Check(
        "\uFEFF\"HTS Number\",\"Indent\",\"Description\",\"Unit of Quantity\"\n" +
        "\"0101\",\"0\",\"Horse kind:\",\"\"\n\"\",\"1\",\"Horses:\",\"\"\n\"0101.21.00\",\"2\",\"Stud <i>stock</i>\",\"\"\n\"0101.21.00.10\",\"3\",\"Males\",\"No.\"\n" +
        "\"0101.29.00\",\"2\",\"Others\",\"\"\n\"0101.30.00.00\",\"1\",\"Donkeys\",\"No.\"\n\"0201.10\",\"1\",\"Whole:\",\"\"\n\"0201.10.05\",\"2\",\"Quota\",\"\"\n\"9801.00.10\",\"0\",\"Back home\",\"\"\n",
        "0101=Horse kind", "010121=Horses: Stud stock", "010129=Horses: Others", "010130=Donkeys", "020110=Whole");

    [Fact]
    public void The_us_tariff_json_is_read() => Check(
        """
        [
          {"htsno":"0101","indent":"0","description":"Horse kind:","superior":null,"units":[]},
          {"htsno":"","indent":"1","description":"Horses:","superior":"true"},
          {"htsno":"0101.21.00","indent":"2","description":"Stud stock","units":["No."]}
        ]
        """,
        "0101=Horse kind", "010121=Horses: Stud stock");

    [Fact]
    public void The_us_export_list_gives_a_subheading_the_texts_of_its_national_codes() => Check(
        "code10,short,long\n0101210000,STUD,\"STUD HORSES\"\n0102294024,X,\"COWS\"\n0102294028,X,\"OTHER\"\n0102294028,X,\"OTHER\"\n",
        "010121=STUD HORSES", "010229=COWS; OTHER");

    [Fact]
    public void The_uk_list_is_read_with_its_group_lines() => Check(
        "id,commodity__code,commodity__suffix,commodity__indent,commodity__description\n" +
        "1,0100000000,80,0,Beasts\n2,0101000000,80,0,Horse kind\n3,0101210000,10,1,Horses\n4,0101210000,80,2,Stud stock\n7,0101291000,80,2,For slaughter\n5,0101300000,80,1,Donkeys\n" +
        "6,0501000000,80,0,Human hair\n",
        "01=Beasts", "0101=Horse kind", "010121=Horses: Stud stock", "010129=Horses: For slaughter", "010130=Donkeys", "0501=Human hair", "050100=Human hair");

    [Theory]
    [InlineData("Goods code;Indent;Description EN\n0100000000 80;;Beasts\n0101000000 80;;Horse kind\n0101210000 10;-;Horses\n0101210000 80;- -;Stud stock\n")]
    [InlineData("CN_CODE;Indents;NAME_EN\nI;;Section one\n01;0;Beasts\n0101;0;Horse kind\n;1;Horses\n0101 21 00;2;Stud stock\n")]
    public void European_lists_are_read(string text) => Check(text, "01=Beasts", "0101=Horse kind", "010121=Horses: Stud stock");

    [Fact]
    public void Compressed_lists_are_read() =>
        Assert.Single(OfficialTextList.Read(new MemoryStream(Imported.Gzip("code,description\n0101,Horses\n"u8.ToArray())), "x", NomenclatureEdition.Hs2022).Texts);

    [Theory]
    [InlineData("code,description\n0101,Horses\n0102,\"Oxen\n", "Line 3: expected a closing quote")]
    [InlineData("a,b\n1,2\n", "Expected a column of codes")]
    [InlineData("code,description\nabc,Horses\n", "No row has a code of HS2022; line 2: 'abc' holds 'a'")]
    [InlineData("", "empty file")]
    [InlineData("{\"results\":[\n{\"id\":\"0101\",\"text\":\"x\"},\n{\"id\":]}", "Line 3: expected JSON")]
    [InlineData("{\"results\":[\n 7]}", "Line 2: expected an object for each row")]
    [InlineData("{\"a\":1}", "Expected a JSON array")]
    public void A_bad_file_is_refused_with_the_line(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<ImportException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_no_text_are_refused_with_the_line() =>
        Assert.Contains("Line 2, column description: expected UTF-8 text, got 'caf\\xE9'", Assert.Throws<ImportException>(
            () => OfficialTextList.Read(new MemoryStream([.. "code,description\n0101,caf"u8, 0xE9, (byte)'\n']), "x", NomenclatureEdition.Hs2022)).Message, StringComparison.Ordinal);

    [Fact]
    public void Rows_that_cannot_be_used_are_told_and_the_others_are_read()
    {
        var list = Read("code,description\n0101,Horses\n01x,Oxen\n0103,\n0104,Sheep\n");
        Assert.Equal(2, list.Texts.Count);
        Assert.Equal([3L, 4L], list.Skipped.Select(s => s.Line));
        Assert.Contains("holds 'x'", list.Skipped[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_another_edition_is_noticed()
    {
        foreach (var (of, other) in new[] { (NomenclatureEdition.Hs2017, NomenclatureEdition.Hs2022), (NomenclatureEdition.Hs2022, NomenclatureEdition.Hs2017) })
        {
            var text = "code,description\n" + string.Concat(HsNomenclature.Of(of).All.Select(c => $"{c},goods\n"));
            Assert.Equal((null, 0), (Read(text, of).BetterEdition, Read(text, of).Unknown.Count));
            var wrong = Read(text, other);
            Assert.Equal(of, wrong.BetterEdition);
            Assert.InRange(wrong.UnknownShare, 0.01, 0.1);
            Assert.All(wrong.Unknown, c => Assert.True(HsNomenclature.Of(of).Contains(c) && !HsNomenclature.Of(other).Contains(c)));
        }
    }

    private static void Check(string text, params string[] expected)
    {
        var list = Read(text);
        Assert.Empty(list.Skipped);
        Assert.Empty(list.Unknown);
        Assert.Equal(expected, list.Texts.Select(t => $"{t.Key}={t.Value}"));
    }

    private static OfficialTextList Read(string text, NomenclatureEdition? edition = null) =>
        OfficialTextList.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "list", edition ?? NomenclatureEdition.Hs2022);
}
