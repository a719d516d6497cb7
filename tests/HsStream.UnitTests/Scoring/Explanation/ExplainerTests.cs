using CsCheck;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Explanation;
using HsStream.Scoring.Onnx;
using HsStream.UnitTests.Scoring.Features;
using HsStream.UnitTests.Scoring.Onnx;
using Xunit;

namespace HsStream.UnitTests.Scoring.Explanation;

public sealed class ExplainerTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly HsModel _model;
    private readonly Explainer _explainer;

    public ExplainerTests()
    {
        _model = LoadWithPrecedents(_tiny);
        _explainer = new Explainer(_model);
    }

    public void Dispose()
    {
        _explainer.Dispose();
        _model.Dispose();
        _tiny.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_effect_of_a_word_is_the_difference_to_the_text_without_it(bool isAssessed)
    {
        const string Text = "New: mountain BICYCLE, blue (26 inch)";
        using var model = isAssessed ? _tiny.Load(calibration: TinyModel.Assessed()) : _tiny.Load();
        using var explainer = new Explainer(model);
        var explanation = explainer.Explain(Text, new ExplanationOptions());
        using var scorer = model.CreateScorer();
        foreach (var token in explanation.Tokens)
        {
            var without = scorer.Score(Text[..token.Start] + " " + Text[(token.Start + token.Length)..]);
            float Of(HsPrediction prediction, HsCode code) => prediction.Subheadings.Single(ranked => ranked.Code == code).Probability;
            Assert.Equal(Of(explanation.Prediction, explanation.Prediction.Code) - Of(without, explanation.Prediction.Code), token.Effect);
            Assert.Equal(Of(explanation.Prediction, explanation.RunnerUp!.Value) - Of(without, explanation.RunnerUp.Value), token.RunnerUpEffect);
            Assert.Equal(without.Code, token.CodeWithout);
        }
    }

    [Fact]
    public void The_word_that_names_the_goods_matters_most_and_is_found_in_the_text()
    {
        const string Text = "1 pc BICYCLE, blue";
        var explanation = _explainer.Explain(Text, new ExplanationOptions());
        Assert.Equal(["1", "pc", "bicycle", "blue"], explanation.Tokens.Select(token => token.Word));
        var top = explanation.Tokens.MaxBy(token => token.Effect)!;
        Assert.Equal("BICYCLE", Text.Substring(top.Start, top.Length));
        Assert.NotEqual(explanation.Prediction.Code, top.CodeWithout);
    }

    [Fact]
    public void The_nearest_training_texts_come_with_their_codes()
    {
        var precedents = _explainer.Explain("bicycle for children", new ExplanationOptions { Precedents = 3 }).Precedents;
        Assert.Equal(3, precedents.Count);
        Assert.All(precedents, precedent => Assert.Equal(HsCode.Parse("871200"), precedent.Code));
        Assert.Contains(precedents, precedent => precedent is { Text: "bicycle for children", RowId: 1007 });
        Assert.Equal(precedents.OrderByDescending(precedent => precedent.Similarity), precedents);
        Assert.InRange(precedents[0].Similarity, 0.97f, 1f);
    }

    [Fact]
    public void Any_text_is_explained_without_failing_and_tokens_lie_inside_it() =>
        Texts.Any.Sample(
            text =>
            {
                var explanation = _explainer.Explain(text, new ExplanationOptions { MaxTokens = 10 });
                Assert.All(explanation.Tokens, token => Assert.True(token.Start >= 0 && token.Length >= 1 && token.Start + token.Length <= text.Length));
                Assert.True(explanation.Tokens.Count <= 10);
            },
            iter: 50, threads: 1);

    [Fact]
    public void Words_past_the_limit_are_not_tried()
    {
        var explanation = _explainer.Explain("steel bolt m6x20 zinc", new ExplanationOptions { MaxTokens = 2 });
        Assert.True(explanation.IsPartial);
        Assert.Equal(["steel", "bolt"], explanation.Tokens.Select(token => token.Word));
    }

    [Fact]
    public void What_was_cut_off_does_not_move_into_view_when_a_word_goes()
    {
        // 256 characters are read, so the bicycle starts just behind them.
        var explanation = _explainer.Explain("zinc-boltsteelbolts".PadRight(256) + "bicycle", new ExplanationOptions());
        Assert.All(explanation.Tokens, token => Assert.NotEqual(HsCode.Parse("871200"), token.CodeWithout));
    }

    [Fact]
    public void A_bundle_without_precedents_explains_without_them()
    {
        using var model = _tiny.Load();
        using var explainer = new Explainer(model);
        Assert.Empty(explainer.Explain("bicycle", new ExplanationOptions()).Precedents);
    }

    [Fact]
    public void Precedents_of_another_embedding_fail_the_load()
    {
        var files = TinyModel.Files();
        files[Bundle.PrecedentsFile] = PrecedentWriter.Write(["a"], [HsCode.Parse("871200")], [1], new float[] { 1, 2, 3 }, 3, new PrecedentOptions());
        var error = Assert.Throws<BundleException>(() => HsModel.Load(_tiny.Write(files, TinyModel.Manifest(TinyModel.Encoder)), new ScoringOptions()));
        Assert.Equal(Bundle.PrecedentsFile, error.File);
    }

    private static HsModel LoadWithPrecedents(TinyModel tiny)
    {
        using var plain = tiny.Load();
        using var scorer = plain.CreateScorer();
        var texts = TinyModel.Lines.Select(line => line.Text).ToArray();
        scorer.RunTexts(texts, 0, texts.Length);
        var embeddings = texts.SelectMany((_, i) => scorer.Embedding(i).ToArray()).ToArray();
        var files = TinyModel.Files();
        files[Bundle.PrecedentsFile] = PrecedentWriter.Write(
            texts, [.. TinyModel.Lines.Select(line => HsCode.Parse(line.Code))], [.. texts.Select((_, i) => 1000L + i)],
            embeddings, plain.EmbeddingLength, new PrecedentOptions());
        return HsModel.Load(tiny.Write(files, TinyModel.Manifest(TinyModel.Encoder)), new ScoringOptions());
    }
}
