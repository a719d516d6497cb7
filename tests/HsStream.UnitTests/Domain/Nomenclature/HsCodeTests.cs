using System.Runtime.CompilerServices;
using CsCheck;
using HsStream.Domain.Nomenclature;
using Xunit;

namespace HsStream.UnitTests.Domain.Nomenclature;

public sealed class HsCodeTests
{
    private static readonly Gen<HsCode> Codes =
        Gen.Select(Gen.Int[1, 99], Gen.Int[1, 99], Gen.Int[0, 99], Gen.OneOf(Gen.Const(HsLevel.Chapter), Gen.Const(HsLevel.Heading), Gen.Const(HsLevel.Subheading)))
            .Select((chapter, heading, subheading, level) => HsCode.FromNumber((chapter * 10_000) + (heading * 100) + subheading, HsLevel.Subheading).AtLevel(level));

    [Fact]
    public void A_code_takes_four_bytes() => Assert.Equal(4, Unsafe.SizeOf<HsCode>());

    [Theory]
    [InlineData("87", "87")]
    [InlineData("8712", "8712")]
    [InlineData("87.12", "8712")]
    [InlineData("871200", "871200")]
    [InlineData("8712.00", "871200")]
    [InlineData("8712 00", "871200")]
    [InlineData("87-12.00", "871200")]
    [InlineData("87 12 00", "871200")]
    [InlineData("8712\u00A000", "871200")]
    [InlineData(" 8712.00\t", "871200")]
    [InlineData("'010121", "010121")]
    [InlineData("８７１２．００", "871200")]
    [InlineData("8712.00.0030", "871200")]
    [InlineData("8712000030", "871200")]
    [InlineData("0101 21 00 00", "010121")]
    [InlineData("0101.21-000", "010121")]      // nine digits, as in Japan
    [InlineData("0101.2100", "010121")]        // eight, as in Switzerland
    [InlineData("8712/00", "871200")]
    public void The_usual_spellings_are_read(string text, string expected)
    {
        Assert.Equal(expected, HsCode.Parse(text).ToString());
        Assert.True(HsCode.TryParse(text, out var code));
        Assert.Equal(HsCode.Parse(expected), code);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("  ", "is empty")]
    [InlineData("8", "1 digit;")]
    [InlineData("871", "3 digits;")]
    [InlineData("10121", "5 digits; a spreadsheet may have dropped a leading zero")]
    [InlineData("8712.0", "5 digits")]
    [InlineData("87120O", "holds 'O'")]
    [InlineData("8712,00", "holds ','")]
    [InlineData("8.712E+05", "holds 'E'")]
    [InlineData("10121.0", "separator inside a pair")]
    [InlineData("8712.00.", "ends in a separator")]
    [InlineData(".8712", "separator without a digit")]
    [InlineData("8712..00", "separator without a digit")]
    [InlineData("000000", "no chapter 00")]
    [InlineData("870000", "no heading ends in 00")]
    [InlineData("8700", "no heading ends in 00")]
    [InlineData("871200\0", "holds U+0000")]
    [InlineData("-871200", "separator without a digit")]
    [InlineData("123456789012345", "more than 14 digits")]
    [InlineData("nan", "holds 'n'")]
    public void Anything_else_is_refused_with_what_is_wrong(string text, string problem)
    {
        Assert.False(HsCode.TryParse(text, out var code));
        Assert.Equal(default, code);
        var message = Assert.Throws<FormatException>(() => HsCode.Parse(text)).Message;
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.Contains("expected an HS code", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\0', message);
    }

    [Theory]
    [InlineData("10121", "010121", "", "leading zero restored")]
    [InlineData("10121.0", "010121", "", "leading zero restored")]
    [InlineData("871200.0", "871200", "", "decimal part dropped")]
    [InlineData("101", "0101", "", "leading zero restored")]
    [InlineData("101.21", "010121", "", "leading zero restored")]
    [InlineData("101210000", "010121", "0000", "leading zero restored")]
    [InlineData("8712.00", "871200", "", null)]
    [InlineData("0101.21-000", "010121", "000", null)]
    public void Lenient_reading_restores_what_a_spreadsheet_dropped_and_says_so(string text, string code, string national, string? note)
    {
        var read = HsCodeReading.Read(text, HsCodeReading.Lenient);
        Assert.Null(read.Error);
        Assert.Equal((code, national), (read.Code.ToString(), read.NationalDigits));
        if (note is null) { Assert.Null(read.Note); } else { Assert.Contains(note, read.Note, StringComparison.Ordinal); }
    }

    [Theory]
    [InlineData("8712.0")]
    [InlineData("8712.1")]
    public void Lenient_reading_does_not_guess_where_a_trailing_zero_may_be_lost(string text) =>
        Assert.NotNull(HsCodeReading.Read(text, HsCodeReading.Lenient).Error);

    [Fact]
    public void Digits_behind_the_sixth_are_kept_apart() =>
        Assert.Equal("0030", HsCodeReading.Read("8712.00.0030", HsCodeReading.Strict).NationalDigits);

    [Fact]
    public void Parents_go_up_to_the_chapter()
    {
        var code = HsCode.Parse("871200");
        Assert.Equal(["871200", "8712", "87"], Up(code).Select(c => c.ToString()));
        Assert.Equal((HsCode.Parse("87"), HsCode.Parse("8712")), (code.Chapter, code.Heading));
        Assert.Throws<InvalidOperationException>(() => code.Chapter.Heading);
        Assert.True(code.IsWithin(HsCode.Parse("87")) && code.IsWithin(code) && !code.IsWithin(HsCode.Parse("8711")) && !code.Chapter.IsWithin(code));

        static IEnumerable<HsCode> Up(HsCode from)
        {
            for (HsCode? c = from; c is { } at; c = at.Parent) { yield return at; }
        }
    }

    [Fact]
    public void Formats_with_and_without_dot()
    {
        Assert.Equal("8712.00", $"{HsCode.Parse("871200"):D}");
        Assert.Equal("871200", $"{HsCode.Parse("871200")}");
        Assert.Equal(("0101", "01"), (HsCode.Parse("0101").ToString("D"), HsCode.Parse("01").ToString("D")));
        Assert.Equal("", default(HsCode).ToString());
        Assert.False(HsCode.Parse("871200").TryFormat(new char[6], out var written, "D"));
        Assert.Equal(0, written);
        Assert.Throws<FormatException>(() => HsCode.Parse("871200").ToString("X"));
    }

    [Fact]
    public void No_code_has_no_parents_and_no_level() =>
        Assert.Equal((HsLevel.None, null, false), (default(HsCode).Level, default(HsCode).Parent, default(HsCode).IsWithin(HsCode.Parse("87"))));

    [Fact]
    public void Every_code_survives_its_own_spelling() => Codes.Sample(code =>
        HsCode.Parse(code.ToString()) == code && HsCode.Parse(code.ToString("D")) == code && HsCode.FromNumber(code.Number, code.Level) == code);

    [Fact]
    public void Codes_sort_as_their_digits_do() => Gen.Select(Codes, Codes).Sample((a, b) =>
        Math.Sign(a.CompareTo(b)) == Math.Sign(string.CompareOrdinal(a.ToString(), b.ToString()))
        && (a == b) == (a.ToString() == b.ToString()) && (a < b) == (b > a) && (a <= b) == !(a > b));

    [Fact]
    public void No_text_crashes_the_reading() => Gen.Select(Gen.String, Gen.Bool).Sample((text, isLenient) =>
    {
        var read = HsCodeReading.Read(text, new HsCodeReading(isLenient));
        return (read.Error is null) == (read.Code.Level != HsLevel.None);
    });
}
