using System.Text;
using HsStream.Scoring.Features;
using Xunit;

namespace HsStream.UnitTests.Scoring.Features;

public sealed class TextFolderTests
{
    [Theory]
    [InlineData("Blue  COTTON,t-shirt", "blue cotton t shirt")]
    [InlineData("100% <ID> a&b", "100% <id> a b")]
    [InlineData("Crème BRÛLÉE Ångström Łódź Straße", "creme brulee angstrom lodz strasse")]
    [InlineData("cafe\u0301 CAFÉ", "cafe cafe")]
    [InlineData("ＦＵＬＬ　ｗｉｄｔｈ ２０", "full width 20")]
    [InlineData("ﬁlter № 5 m²", "filter no 5 m2")]
    [InlineData("1¾ IN", "1 3 4 in")]
    [InlineData("brand™ pump®", "brand pump")]
    [InlineData("soft\u00ADware zero\u200Bwidth", "software zero width")]
    [InlineData("КОФЕ зелёный", "кофе зеленыи")]
    [InlineData("ΚΑΦΈΣ", "καφεσ")]
    [InlineData("٣٤ ४", "34 4")]
    [InlineData("قَهْوَة", "قهوة")]
    [InlineData("ｺｰﾋｰ ｶﾞﾗｽ ﾎﾟﾝﾌﾟ", "コーヒー ガラス ポンプ")]
    [InlineData("ハ\u3099ター か\u3099 う\u3099", "バター が ゔ")]
    [InlineData("\u1112\u1161\u11AB\u1100\u116E\u11A8", "한국")]
    [InlineData("कपड़ा ผ้าฝ้าย", "कपड़ा ผ้าฝ้าย")]
    [InlineData("𝐁𝐨𝐥𝐭", "bolt")]
    [InlineData("a\u0000b\u0007c", "a b c")]
    [InlineData("  ...  ", "")]
    public void Forms_case_and_accents_fall_together_and_the_rest_separates(string text, string expected)
    {
        var workspace = new EncoderWorkspace(new EncoderDefinition());
        var issues = TextIssues.None;
        var n = TextFolder.Fold(text, 1024, workspace, ref issues);
        Assert.Equal(expected.Length == 0 ? " " : $" {expected.Normalize(NormalizationForm.FormC)} ", new string(workspace.Folded, 0, n));
    }

    [Theory]
    [InlineData("plain", TextIssues.None)]
    [InlineData("tab\tand\nline", TextIssues.None)]
    [InlineData("nul\0", TextIssues.ControlCharacters)]
    [InlineData("c1\u0085", TextIssues.ControlCharacters)]
    [InlineData("del\u007F", TextIssues.ControlCharacters)]
    [InlineData("lost\uFFFD", TextIssues.InvalidText)]
    [InlineData("12345678901234567", TextIssues.Truncated)]
    public void Damage_is_reported(string text, object expected)
    {
        var issues = TextIssues.None;
        TextFolder.Fold(text, 16, new EncoderWorkspace(new EncoderDefinition()), ref issues);
        Assert.Equal(expected, issues);
    }

    [Fact]
    public void A_cut_never_splits_a_pair_of_surrogates()
    {
        var issues = TextIssues.None;
        var workspace = new EncoderWorkspace(new EncoderDefinition());
        var n = TextFolder.Fold("123456789012345\U00020000z", 16, workspace, ref issues);
        Assert.Equal(" 123456789012345 ", new string(workspace.Folded, 0, n));
        Assert.Equal(TextIssues.Truncated, issues);
    }

    [Fact]
    public void A_lone_surrogate_separates_and_is_reported()
    {
        var issues = TextIssues.None;
        var workspace = new EncoderWorkspace(new EncoderDefinition());
        var n = TextFolder.Fold("a\uD800b\uDC00", 1024, workspace, ref issues);
        Assert.Equal(" a b ", new string(workspace.Folded, 0, n));
        Assert.Equal(TextIssues.InvalidText, issues);
    }

    [Fact]
    public void Folding_what_is_folded_changes_nothing()
    {
        var first = new EncoderWorkspace(new EncoderDefinition());
        var second = new EncoderWorkspace(new EncoderDefinition());
        for (var c = 0; c <= 0x10FFFF; c++)
        {
            if (c is >= 0xD800 and <= 0xDFFF)
            {
                continue;
            }

            var issues = TextIssues.None;
            var n = TextFolder.Fold(char.ConvertFromUtf32(c), 1024, first, ref issues);
            var folded = first.Folded.AsSpan(0, n);
            var again = second.Folded.AsSpan(0, TextFolder.Fold(folded, 1024, second, ref issues));
            if (!folded.SequenceEqual(again))
            {
                Assert.Fail($"U+{c:X4} folds to '{folded}', which folds to '{again}'.");
            }
        }
    }
}
