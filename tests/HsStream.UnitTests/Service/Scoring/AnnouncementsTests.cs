using CsCheck;
using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;
using HsStream.Service.Scoring;
using HsStream.Service.Scoring.Models;
using Xunit;

namespace HsStream.UnitTests.Service.Scoring;

public sealed class AnnouncementsTests
{
    private readonly Announcements _announcements = new();
    private long _offset;

    [Fact]
    public void The_last_champion_in_offset_order_serves()
    {
        Announce("a", ModelStage.Champion);
        Announce("b", ModelStage.Champion);
        Announce("a", ModelStage.Retired);
        Assert.Equal("b", Wish.Champion);
    }

    [Fact]
    public void Without_a_champion_nothing_is_served_or_loaded()
    {
        Announce("a", ModelStage.Shadow);
        Announce("b", ModelStage.Champion);
        Announce("b", ModelStage.Retired);
        Assert.Null(Wish.Champion);
        Assert.Empty(Wish.Versions);
    }

    [Fact]
    public void Candidates_score_beside_and_the_champion_does_not()
    {
        Announce("a", ModelStage.Champion);
        Announce("s", ModelStage.Shadow);
        Announce("e", ModelStage.Experiment);
        Announce("t", ModelStage.Trained);
        Announce("c", ModelStage.Candidate);
        Assert.Equal(["e", "s"], Wish.Shadows);
        Announce("s", ModelStage.Champion);
        Assert.Equal(["e"], Wish.Shadows);
    }

    [Fact]
    public void More_shadows_than_allowed_are_named_and_left_out()
    {
        Announce("a", ModelStage.Champion);
        foreach (var version in (string[])["s1", "s2", "s3"]) { Announce(version, ModelStage.Shadow); }
        var wish = _announcements.Decide(2);
        Assert.Equal(["s3", "s2"], wish.Shadows);
        Assert.Contains("s1", Assert.Single(wish.Ignored), StringComparison.Ordinal);
    }

    [Fact]
    public void A_running_canary_chooses_the_candidate()
    {
        Announce("a", ModelStage.Champion);
        Announce("c", ModelStage.Experiment);
        Announce(Canary("x", "a", "c"));
        Assert.Equal("x", Wish.Experiment?.ExperimentId);
        Assert.Empty(Wish.Shadows);
        Assert.Equal(["a", "c"], Wish.Versions);
        Announce(Canary("x", "a", "c") with { IsRunning = false });
        Assert.Null(Wish.Experiment);
        Assert.Equal(["c"], Wish.Shadows);
    }

    [Fact]
    public void A_shadow_experiment_lets_its_candidate_score_beside()
    {
        Announce("a", ModelStage.Champion);
        Announce("c", ModelStage.Candidate);
        Announce(Canary("x", "a", "c") with { Kind = ExperimentKind.Shadow });
        Assert.Null(Wish.Experiment);
        Assert.Equal(["c"], Wish.Shadows);
    }

    [Theory]
    [InlineData("b", "c", "the champion is a")]
    [InlineData("a", "a", "its candidate is the champion")]
    [InlineData("a", "unknown", "no model unknown was announced")]
    [InlineData("a", "old", "is retired")]
    public void An_experiment_that_cannot_be_sound_is_not_run_and_named(string champion, string candidate, string reason)
    {
        Announce("a", ModelStage.Champion);
        Announce("c", ModelStage.Experiment);
        Announce("old", ModelStage.Retired);
        Announce(Canary("x", champion, candidate));
        Assert.Null(Wish.Experiment);
        Assert.Contains(reason, Assert.Single(Wish.Ignored), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_running_experiments_the_later_one_serves()
    {
        Announce("a", ModelStage.Champion);
        Announce("c", ModelStage.Experiment);
        Announce(Canary("x", "a", "c"));
        Announce(Canary("y", "a", "c"));
        Assert.Equal("y", Wish.Experiment?.ExperimentId);
        Assert.Contains("experiment x", Assert.Single(Wish.Ignored), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_reads_only_what_compaction_left_comes_to_the_same()
    {
        var changes = Gen.Select(Gen.Char['a', 'd'].Select(c => c.ToString()), Gen.Int[0, 5].Select(stage => (ModelStage)stage)).Array[0, 30];
        changes.Sample(all =>
        {
            var (whole, compacted) = (new Announcements(), new Announcements());
            for (var i = 0; i < all.Length; i++) { whole.Apply(all[i].Item1, Model(all[i].Item1, all[i].Item2), i); }
            for (var i = 0; i < all.Length; i++)
            {
                if (!all[(i + 1)..].Any(later => later.Item1 == all[i].Item1)) { compacted.Apply(all[i].Item1, Model(all[i].Item1, all[i].Item2), i); }
            }

            Assert.Equal(whole.Decide(4).Versions, compacted.Decide(4).Versions);
        });
    }

    [Fact]
    public void An_assignment_is_sticky_has_its_share_and_grows_with_it()
    {
        var ids = Enumerable.Range(0, 20_000).Select(i => $"description-{i}").ToList();
        foreach (var share in (double[])[0, 0.1, 0.5, 1])
        {
            var chosen = ids.Where(id => ExperimentAssignment.IsCandidate("salt", id, share)).ToList();
            Assert.Equal(chosen, ids.Where(id => ExperimentAssignment.IsCandidate("salt", id, share)));
            Assert.InRange(chosen.Count / (double)ids.Count, share - 0.01, share + 0.01);
            Assert.All(chosen, id => Assert.True(ExperimentAssignment.IsCandidate("salt", id, Math.Min(1, share + 0.2))));
        }

        var (one, other) = (ids.Where(id => ExperimentAssignment.IsCandidate("salt", id, 0.5)).ToHashSet(), ids.Where(id => ExperimentAssignment.IsCandidate("pepper", id, 0.5)));
        Assert.InRange(other.Count(one.Contains) / (double)ids.Count, 0.23, 0.27);
    }

    private ServingWish Wish => _announcements.Decide(4);

    private static Experiment Canary(string id, string champion, string candidate) => new()
    {
        ExperimentId = id, Kind = ExperimentKind.Canary, IsRunning = true, Champion = champion, Candidate = candidate, CandidateShare = 0.5, Salt = id, Revision = 1,
        ChangedAt = DateTimeOffset.UnixEpoch, ChangedBy = "test", Reason = "test",
    };

    private static ModelVersion Model(string version, ModelStage stage) => new()
    {
        Version = version, Stage = stage, Revision = 1, Architecture = "test", EncoderHash = "", Edition = NomenclatureEdition.Hs2022,
        ChangedAt = DateTimeOffset.UnixEpoch, ChangedBy = "test", Reason = "test",
    };

    private void Announce(string version, ModelStage stage) => _announcements.Apply(version, Model(version, stage), _offset++);

    private void Announce(Experiment experiment) => _announcements.Apply(experiment.ExperimentId, experiment, _offset++);
}
