using System.Text;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Fitting;
using HsStream.Training.Networks;
using Xunit;

namespace HsStream.UnitTests.Training.Networks;

public sealed class DefinitionTests
{
    [Fact]
    public void Every_architecture_survives_its_json()
    {
        Assert.All(Architectures.Names, name =>
        {
            var definition = Architectures.Get(name);
            var json = definition.ToJson();
            Assert.Equal(json, NetworkDefinition.Parse(json).ToJson());
            TrainingRecipes.For(name).Validate();
        });
        var options = new TrainingOptions { Averaging = new() { Kind = AveragingKind.Moving }, MinRowsPerLabel = 7 };
        Assert.Equal(options, TrainingOptions.Parse(options.ToJson()));
    }

    [Theory]
    [InlineData("{", "cannot be read")]
    [InlineData("null", "is null")]
    [InlineData("""{"chanels":[]}""", "chanels")]
    [InlineData("""{"channels":[]}""", "channels must be 1 to 16, and is 0.")]
    [InlineData("""{"channels":[{"kind":"ngrams","width":0}]}""", "channels[0].width must be 1 to 4096, and is 0.")]
    [InlineData("""{"channels":[{"kind":"transformer","width":10,"heads":4}]}""", "channels[0].width must be a multiple of the 4 heads, and is 10.")]
    [InlineData("""{"channels":[{"kind":"convolution","kernels":[2,2]}]}""", "channels[0].kernels")]
    [InlineData("""{"channels":[{"kind":"sorcery"}]}""", "sorcery")]
    [InlineData("""{"trunk":{"dropout":0.95}}""", "trunk.dropout must be 0 to 0.9, and is 0.95.")]
    [InlineData("""{"head":{"additive":true,"headings":false}}""", "head.additive")]
    public void A_definition_that_cannot_be_used_is_refused_with_the_member_named(string json, string expected)
    {
        var e = Assert.Throws<HyperParameterException>(() => NetworkDefinition.Parse(Encoding.UTF8.GetBytes(json)));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_architecture_is_answered_with_the_known_ones()
    {
        var e = Assert.Throws<HyperParameterException>(() => Architectures.Get("perceptron"));
        Assert.All(Architectures.Names, name => Assert.Contains(name, e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Labels_know_their_headings_and_chapters()
    {
        var labels = new LabelHierarchy(((string[])["851713", "010121", "851712"]).Select(HsCode.Parse));
        Assert.Equal(["0101", "8517"], labels.Headings.Select(h => h.ToString()));
        Assert.Equal([1, 0, 1], labels.HeadingOf);
        Assert.Equal([1, 0, 1], labels.ChapterOf);
        Assert.Throws<ArgumentException>(() => new LabelHierarchy([]));
        Assert.Throws<ArgumentException>(() => new LabelHierarchy([HsCode.Parse("8517")]));
        Assert.Throws<ArgumentException>(() => new LabelHierarchy([HsCode.Parse("851713"), HsCode.Parse("851713")]));
    }
}
