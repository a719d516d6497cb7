using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Features;
using HsStream.Scoring.Onnx;
using HsStream.Service.Scoring;
using HsStream.UnitTests.Scoring.Onnx;
using Xunit;

namespace HsStream.UnitTests.Service.Scoring;

public sealed class DescriptionScorerTests
{
    private static readonly string[] Texts = [.. TinyModel.Lines.Select(line => line.Text)];

    [Fact]
    public async Task A_prediction_says_what_the_model_says_and_on_what_it_was_computed()
    {
        await using var rig = new ModelRig();
        var version = rig.Add(1);
        rig.Announce(version, ModelStage.Champion);
        await rig.UntilAsync(_ => true, "a model");
        var items = ModelRig.Items(Texts);
        var served = rig.Scorer.Score(items).Served;
        using var model = HsModel.Load(rig.Store.Open(version), new ScoringOptions());
        using var alone = model.CreateScorer();
        for (var i = 0; i < items.Length; i++)
        {
            var (expected, actual) = (alone.Score(Texts[i]), served[i]);
            Assert.Equal(expected.Subheadings.Select(s => (s.Code, BitConverter.SingleToInt32Bits(s.Probability))), actual.Subheadings.Select(s => (s.Code, BitConverter.SingleToInt32Bits(s.Probability))));
            Assert.Equal(expected.Chapters.Select(s => s.Code), actual.Chapters.Select(s => s.Code));
            Assert.Equal((expected.Code, expected.Decision.Level, expected.Decision.Code), (actual.Code, actual.DecidedLevel, actual.DecidedCode));
            Assert.Equal(expected.Decision.Outcome == Outcome.Auto, actual.Outcome == PredictionOutcome.Auto);
            Assert.Equal(expected.Sets!.Subheadings.Codes, actual.Plausible!.Subheadings.Codes);
            Assert.Equal((version, expected.EncoderHash, NomenclatureEdition.Hs2022), (actual.ModelVersion, actual.EncoderHash, actual.Edition));
            Assert.Equal((TextHash.Of(Texts[i]), items[i].Origin, "erp", null), (actual.InputHash, actual.Origin, actual.Source, actual.ExperimentId));
            Assert.Equal(PredictionId.Of($"d{i}", TextHash.Of(Texts[i]), version), actual.PredictionId);
            Assert.Equal(
                (expected.Profile.Provider, expected.Profile.BatchRows, expected.Profile.NgramWidth, 5, 0.9),
                (actual.Profile.Provider, actual.Profile.BatchRows, actual.Profile.NgramWidth, actual.Profile.TopK, actual.Profile.Coverage));
            Assert.Equal(items.Length, actual.Timing.BatchRecords);
        }
    }

    [Theory]
    [InlineData("plain text")]
    [InlineData("\ud800 alone")]
    [InlineData("ünïcödé 中文 \U0001F4A9")]
    public async Task The_hash_of_the_text_is_the_one_that_scoring_computes(string text)
    {
        await using var rig = new ModelRig();
        rig.Announce(rig.Add(1), ModelStage.Champion);
        await rig.UntilAsync(_ => true, "a model");
        Assert.Equal(TextHash.Of(text), rig.Scorer.Score(ModelRig.Items(text)).Served[0].InputHash);
    }

    [Fact]
    public void Flags_become_upper_case_words()
    {
        Assert.Equal(["LOW_CONFIDENCE", "TOO_VAGUE"], PredictionMapping.UpperSnake(DecisionReasons.LowConfidence | DecisionReasons.TooVague));
        Assert.Equal(["NO_KNOWN_WORDS"], PredictionMapping.UpperSnake(TextIssues.NoKnownWords));
        Assert.Empty(PredictionMapping.UpperSnake(TextIssues.None));
    }

    [Fact]
    public async Task Shadows_score_every_description_and_never_serve()
    {
        await using var rig = new ModelRig();
        var (champion, shadow) = (rig.Add(1), rig.Add(2));
        rig.Announce(champion, ModelStage.Champion);
        rig.Announce(shadow, ModelStage.Shadow);
        await rig.UntilAsync(plan => plan.Shadows.Count == 1, "the shadow");
        var scored = rig.Scorer.Score(ModelRig.Items(Texts));
        Assert.All(scored.Served, p => Assert.Equal(champion, p.ModelVersion));
        Assert.Equal(Enumerable.Range(0, Texts.Length).Select(i => $"d{i}"), scored.Shadows.Select(p => p.DescriptionId));
        Assert.All(scored.Shadows, p => Assert.Equal(shadow, p.ModelVersion));
    }

    [Fact]
    public async Task A_canary_serves_its_share_and_the_other_model_answers_beside()
    {
        await using var rig = new ModelRig();
        var (champion, candidate) = (rig.Add(1), rig.Add(2));
        rig.Announce(champion, ModelStage.Champion);
        rig.Announce(candidate, ModelStage.Experiment);
        rig.Announce(Canary(champion, candidate));
        await rig.UntilAsync(plan => plan.Candidate is not null, "the experiment");
        var items = ModelRig.Items([.. Enumerable.Repeat("steel bolt", 200)]);
        var scored = rig.Scorer.Score(items);
        Assert.Equal(items.Select(i => i.Description.DescriptionId), scored.Served.Select(p => p.DescriptionId));
        Assert.All(scored.Served, p => Assert.Equal(
            ExperimentAssignment.IsCandidate("salt", p.DescriptionId, 0.3) ? candidate : champion, p.ModelVersion));
        Assert.InRange(scored.Served.Count(p => p.ModelVersion == candidate), 30, 90);
        Assert.All(scored.Served.Concat(scored.Shadows), p => Assert.Equal("x", p.ExperimentId));
        // Each description is answered by both, once.
        Assert.Equal(items.Length, scored.Shadows.Count);
        var beside = scored.Shadows.ToDictionary(p => p.DescriptionId, p => p.ModelVersion);
        Assert.All(scored.Served, p => Assert.Equal(p.ModelVersion == champion ? candidate : champion, beside[p.DescriptionId]));
    }

    [Fact]
    public async Task A_candidate_that_cannot_be_loaded_leaves_everything_to_the_champion()
    {
        await using var rig = new ModelRig();
        var champion = rig.Add(1);
        var missing = "sha256:" + new string('0', 64);
        rig.Announce(champion, ModelStage.Champion);
        rig.Announce(missing, ModelStage.Experiment);
        rig.Announce(Canary(champion, missing));
        await rig.UntilAsync(_ => true, "the champion");
        await ModelRig.UntilAsync(() => rig.Keeper.Problem?.Contains(missing + ": Bundle", StringComparison.Ordinal) == true, "the problem to be told");
        var scored = rig.Scorer.Score(ModelRig.Items(Texts));
        Assert.All(scored.Served, p => Assert.Equal((champion, null), (p.ModelVersion, p.ExperimentId)));
        Assert.Empty(scored.Shadows);
    }

    private static Experiment Canary(string champion, string candidate) => new()
    {
        ExperimentId = "x", Kind = ExperimentKind.Canary, IsRunning = true, Champion = champion, Candidate = candidate, CandidateShare = 0.3, Salt = "salt",
        Revision = 1, ChangedAt = DateTimeOffset.UnixEpoch, ChangedBy = "test", Reason = "test",
    };
}
