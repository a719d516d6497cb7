using HsStream.Domain.Nomenclature;
using Xunit;

namespace HsStream.UnitTests.Domain.Nomenclature;

public sealed class CorrelationTests
{
    private static readonly NomenclatureEdition Old = NomenclatureEdition.Hs2017;
    private static readonly NomenclatureEdition New = NomenclatureEdition.Hs2022;

    [Theory]
    [InlineData("871200", "1:1", "871200")]
    [InlineData("852349", "n:n", "852349 854921 854929 854931 854939 854991 854999")]   // may have become waste
    [InlineData("300490", "n:n", "300490 300693")]                                         // placebos left
    [InlineData("300219", "none", "")]                                                     // the table knows no counterpart
    public void Old_codes_become_new_ones(string code, string relationship, string candidates) => Check(code, Old, New, relationship, candidates);

    [Theory]
    [InlineData("871200", "1:1", "871200")]
    [InlineData("854142", "n:1", "854140")]
    public void New_codes_become_old_ones(string code, string relationship, string candidates) => Check(code, New, Old, relationship, candidates);

    [Fact]
    public void A_code_stays_itself_within_one_edition() => Check("854921", New, New, "1:1", "854921");

    [Fact]
    public void The_likeliest_candidate_comes_first() =>
        Assert.All(HsNomenclature.Of(Old).Subheadings.Select(c => Correlation.Convert(c, Old, New)), conversion =>
            Assert.Equal(
                conversion.Candidates
                    .OrderByDescending(c => Correlation.Convert(c, New, Old).Candidates[0] == conversion.Code)
                    .ThenByDescending(c => c == conversion.Code)
                    .ThenBy(c => c),
                conversion.Candidates));

    [Fact]
    public void Both_directions_tell_the_same_pairs()
    {
        var there = Pairs(Old, New).ToHashSet();
        var back = Pairs(New, Old).Select(p => (p.Item2, p.Item1)).ToHashSet();
        Assert.Equal(15_656, there.Count);
        Assert.True(there.SetEquals(back));

        static IEnumerable<(HsCode, HsCode)> Pairs(NomenclatureEdition from, NomenclatureEdition to) =>
            HsNomenclature.Of(from).Subheadings.SelectMany(c => Correlation.Convert(c, from, to).Candidates.Select(t => (c, t)));
    }

    [Fact]
    public void Every_candidate_exists_and_every_relationship_fits_its_count()
    {
        foreach (var (from, to) in new[] { (Old, New), (New, Old) })
        {
            Assert.All(HsNomenclature.Of(from).All, code =>
            {
                var conversion = Correlation.Convert(code, from, to);
                Assert.All(conversion.Candidates, c => Assert.True(HsNomenclature.Of(to).Contains(c)));
                Assert.Equal(conversion.Relationship.EndsWith('n'), conversion.Candidates.Count > 1);
                Assert.Equal(conversion.Kind == CorrelationKind.None, conversion.Candidates.Count == 0);
                Assert.Equal(conversion.IsUnambiguous, conversion.Target is not null);
            });
        }
    }

    [Theory]
    [InlineData("2404", "3824")]
    [InlineData("24", "24")]
    [InlineData("85", "85")]
    public void Headings_and_chapters_convert_too(string code, string likeliest) =>
        Assert.Equal(likeliest, Correlation.Convert(HsCode.Parse(code), New, Old).Candidates[0].ToString());

    [Fact]
    public void A_code_of_neither_edition_cannot_be_converted() =>
        Assert.Throws<NomenclatureException>(() => Correlation.Convert(HsCode.Parse("271011"), Old, New));

    private static void Check(string code, NomenclatureEdition from, NomenclatureEdition to, string relationship, string candidates)
    {
        var conversion = Correlation.Convert(HsCode.Parse(code), from, to);
        Assert.Equal((relationship, candidates), (conversion.Relationship, string.Join(' ', conversion.Candidates)));
    }
}
