using System.Security.Cryptography;
using System.Text;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.Import;
using HsStream.Training.Datasets.Splits;
using Xunit;

namespace HsStream.UnitTests.Training.Evaluation;

/// <summary>Splits are compared with figures that others measured on the same rows, so every row must fall where it falls for them.</summary>
public sealed class SplitTests
{
    [Theory]
    [InlineData("USED  Garden-chairs, 4 PCS (steel)!", "used garden chairs 4 pcs steel", "used garden chairs # pcs steel", 5)]
    [InlineData("100CTNS X 12PCS <ID> 5%", "100ctns x 12pcs <id> 5%", "#ctns x #pcs <id> #%", 6)]
    [InlineData(" \u0130STANBUL \u212Aettle \u017F", "i stanbul kettle", "i stanbul kettle", 4)]
    [InlineData("\u00C9tui 3x40", "tui 3x40", "tui #x#", 0)]
    [InlineData("na\u00EFve 7-UP", "na ve 7 up", "na ve # up", 8)]
    [InlineData("12 34", "12 34", "# #", 9)]
    [InlineData("...", "", "", 9)]
    public void A_text_has_this_form_key_and_tenth(string text, string normalised, string key, int tenth)
    {
        Assert.Equal(normalised, DescriptionKey.Normalise(text));
        Assert.Equal(key, DescriptionKey.Of(text));
        Assert.Equal(tenth, DescriptionKey.Tenth(key));
    }

    [Fact]
    public void Made_up_rows_fall_where_the_reference_puts_them()
    {
        var split = DatasetSplit.ByText(MadeUp());
        Assert.Equal((70, 13), (split.Train.Count, split.Test.Count));
        Assert.Equal("28761108517a7ac1995382c5bd8fe0d5fc36baf6c6c39b8db4e39e634de80d95", HashOf(split.Train, split.Test));
    }

    [Fact]
    public void Made_up_rows_of_the_last_fifth_that_were_not_seen_are_the_later_block()
    {
        var split = DatasetSplit.Later(MadeUp());
        Assert.Equal((72, 11), (split.Train.Count, split.Test.Count));
        Assert.Equal("b48fe5547fde85fb265dced03955307e9615479ff8ba70c4ac88de660f914d18", HashOf(split.Train, split.Test));
    }

    [Fact]
    public void No_text_is_on_both_sides()
    {
        foreach (var split in new[] { DatasetSplit.ByText(MadeUp()), DatasetSplit.Later(MadeUp()) })
        {
            Assert.NotEmpty(split.Test);
            Assert.Empty(split.Train.Select(row => DescriptionKey.Of(row.Text)).Intersect(split.Test.Select(row => DescriptionKey.Of(row.Text))));
        }
    }

    [Fact]
    public void Split_files_read_back_as_what_was_written()
    {
        using var scratch = new Scratch();
        var split = DatasetSplit.ByText(MadeUp()).Normalised();
        SplitFiles.Write(split, scratch.Path);
        var read = SplitFiles.Read(scratch.File("train.tsv"), scratch.File("test.tsv"), NomenclatureEdition.Hs2017);
        Assert.Equal(split.Train.Select(row => (row.Text, row.Code)), read.Train.Select(row => (row.Text, row.Code)));
        Assert.Equal(split.Test.Select(row => (row.Text, row.Code)), read.Test.Select(row => (row.Text, row.Code)));
    }

    [Fact]
    public void A_split_file_with_a_line_that_is_no_row_is_refused()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch.File("train.tsv"), "940180\tgarden chair\n999999\tlamp\n");
        var refused = Assert.Throws<ImportException>(() => SplitFiles.ReadRows(scratch.File("train.tsv"), NomenclatureEdition.Hs2017));
        Assert.Contains("line 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("999999", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The customs stream that the published figures are of; only where HSSTREAM_DATA names it.</summary>
    [Fact]
    public void The_customs_rows_fall_where_the_reference_puts_them()
    {
        var path = Environment.GetEnvironmentVariable("HSSTREAM_DATA");
        Assert.SkipWhen(string.IsNullOrEmpty(path), "HSSTREAM_DATA names no file");
        var report = new ImportReport();
        using var import = DescriptionImport.Open(path!, new ImportOptions { Edition = NomenclatureEdition.Hs2017 }, report);
        var rows = import.ReadLabelled().ToList();
        var (byText, later) = (DatasetSplit.ByText(rows), DatasetSplit.Later(rows));
        Assert.Equal((29_912, 3_266), (byText.Train.Count, byText.Test.Count));
        Assert.Equal("0d3f5eb1cbeebf23ec48dd983c25b9a5be770ae8b5a6d29335d42192537e38bc", HashOf(byText.Train));
        Assert.Equal("19d5ad637c2f30352a3b9249075374d907be4a249df0788da78ce38414626804", HashOf(byText.Test));
        Assert.Equal((27_341, 5_582), (later.Train.Count, later.Test.Count));
        Assert.Equal("db6a2bda29f2f039fff2c722bfea8857676cf06bc5de0617532c8d5742094483", HashOf(later.Train));
        Assert.Equal("ac5453ffda06849c3abee3caf46d628db0a1adfc65dd8a9dfe1c02ad48b90150", HashOf(later.Test));
    }

    private static readonly string[] Goods = ["used chair", "steel lamp", "cotton shirt", "plastic cup", "garden hose", "bicycle tyre", "tin of paint", "wool rug", "glass bowl", "paper bag"];
    private static readonly string[] Codes = ["940180", "940520", "610510", "392410", "391739", "401150", "320890", "570110", "701349", "481940"];
    private static readonly string[] Words = ["red", "blue", "big", "old", "new", "thin", "soft", "flat", "tall", "wide"];

    private static List<LabelledDescription> MadeUp() =>
        [.. Enumerable.Range(0, 600).Select(i => new LabelledDescription(
            $"{Goods[i % 10].ToUpperInvariant()} {Words[i * 7 % 10]}, {Words[i * i % 10]}-{"xyz"[i % 3]} {i % 7 * 5} PCS {(i > 370 && i * i % 11 == 1 ? "for ship" : "")}",
            HsCode.Parse(i % 11 == 0 ? Codes[i * 3 % 10] : Codes[i % 10]), i + 1, null, null))];

    private static string HashOf(params IReadOnlyList<LabelledDescription>[] parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var row in parts.SelectMany(part => part)) { hash.AppendData(Encoding.UTF8.GetBytes($"{row.Code}\t{DescriptionKey.Normalise(row.Text)}\n")); }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
