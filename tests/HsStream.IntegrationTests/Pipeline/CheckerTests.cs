using HsStream.Chaos.Pipeline.Checking;
using Xunit;

namespace HsStream.IntegrationTests.Pipeline;

/// <summary>The checker of the fault runs must be able to say no: each kind of damage is found, and found for what it is.</summary>
public sealed class CheckerTests
{
    private const string Topic = "hs.descriptions";
    private const string Model = "sha256:00";

    [Fact]
    public void A_faultless_run_is_clean()
    {
        var report = PipelineCheck.Run(Faultless());
        Assert.True(report.IsClean, report.ToString());
    }

    [Fact]
    public void A_run_that_did_nothing_is_not_clean() =>
        AssertBroken(Faultless() with { Descriptions = [], Predictions = [], DeadLetters = [], Ledger = null }, PipelineCheck.SomethingToCheck);

    [Fact]
    public void A_lost_prediction_is_found() =>
        AssertBroken(Change(f => f with { Predictions = [.. f.Predictions.Where((_, n) => n != 3)] }), PipelineCheck.OneAnswer, PipelineCheck.LedgerPredictions);

    [Fact]
    public void A_doubled_prediction_is_found() =>
        AssertBroken(Change(f => f with { Predictions = [.. f.Predictions, f.Predictions[^1] with { At = new Place(0, 999) }] }), PipelineCheck.OneAnswer, PipelineCheck.Order);

    [Fact]
    public void A_prediction_of_no_description_is_found() => AssertBroken(
        Change(f => f with { Predictions = Replace(f.Predictions, 5, p => p with { Origin = new Place(0, 500) }) }), PipelineCheck.OneAnswer);

    [Fact]
    public void Predictions_of_a_key_in_another_order_are_found() => AssertBroken(
        Change(f => f with { Predictions = [f.Predictions[1], f.Predictions[0], .. f.Predictions.Skip(2)] }), PipelineCheck.Order);

    [Fact]
    public void Another_text_than_was_described_is_found() =>
        AssertBroken(Change(f => f with { Predictions = Replace(f.Predictions, 4, p => p with { Text = 77 }) }), PipelineCheck.RightAnswer, PipelineCheck.LedgerBits);

    [Fact]
    public void Another_key_or_id_is_found()
    {
        AssertBroken(Change(f => f with { Predictions = Replace(f.Predictions, 4, p => p with { Key = "other" }) }), PipelineCheck.RightAnswer);
        AssertBroken(Change(f => f with { Predictions = Replace(f.Predictions, 4, p => p with { DerivedId = 1 }) }), PipelineCheck.RightAnswer);
    }

    [Fact]
    public void One_id_with_two_contents_is_found()
    {
        // The third record repeats the second, so both predictions have one id.
        var facts = Change(f => f with { Predictions = Replace(f.Predictions, 2, p => p with { Probabilities = 1234 }) });
        AssertBroken(facts, PipelineCheck.SameIdSameContent);
    }

    [Fact]
    public void A_bit_that_differs_between_topic_and_ledger_is_found()
    {
        AssertBroken(InLedger(l => l with { Predictions = Replace(l.Predictions, 3, p => p with { Probabilities = p.Probabilities ^ 1 }) }), PipelineCheck.LedgerBits);
        AssertBroken(InLedger(l => l with { Predictions = Replace(l.Predictions, 3, p => p with { Decision = p.Decision ^ 1 }) }), PipelineCheck.LedgerBits);
    }

    [Fact]
    public void What_the_ledger_lacks_or_has_twice_is_found()
    {
        AssertBroken(InLedger(l => l with { Predictions = [.. l.Predictions.Skip(1)] }), PipelineCheck.LedgerPredictions);
        AssertBroken(InLedger(l => l with { Predictions = [.. l.Predictions, l.Predictions[0] with { Sequence = 900 }] }), PipelineCheck.LedgerPredictions);
        AssertBroken(InLedger(l => l with { Descriptions = [.. l.Descriptions.Skip(1)] }), PipelineCheck.LedgerDescriptions);
        AssertBroken(InLedger(l => l with { Descriptions = [.. l.Descriptions, l.Descriptions[0] with { Sequence = 900 }] }), PipelineCheck.LedgerDescriptions);
        AssertBroken(InLedger(l => l with { DeadLetters = [] }), PipelineCheck.LedgerDeadLetters);
        AssertBroken(InLedger(l => l with { DeadLetters = [.. l.DeadLetters, .. l.DeadLetters] }), PipelineCheck.LedgerDeadLetters);
        AssertBroken(InLedger(l => l with { DeadLetters = [l.DeadLetters[0] with { Bytes = 1 }] }), PipelineCheck.LedgerDeadLetters);
    }

    [Fact]
    public void Revisions_in_another_order_are_found() => AssertBroken(
        InLedger(l => l with { Descriptions = [l.Descriptions[1] with { Sequence = 1 }, l.Descriptions[0] with { Sequence = 2 }, .. l.Descriptions.Skip(2)] }), PipelineCheck.LedgerDescriptions);

    [Fact]
    public void A_contradiction_and_a_broken_chain_are_found()
    {
        AssertBroken(InLedger(l => l with { Conflicts = 1 }), PipelineCheck.NoConflicts);
        AssertBroken(InLedger(l => l with { ChainComplaints = ["event 4 was altered"] }), PipelineCheck.Chain);
        AssertBroken(InLedger(l => l with { ChainEvents = 0 }), PipelineCheck.Chain);
    }

    [Fact]
    public void Dead_letters_other_than_the_poison_are_found()
    {
        AssertBroken(Change(f => f with { DeadLetters = [] }), PipelineCheck.OneAnswer, PipelineCheck.DeadLetters);
        AssertBroken(Change(f => f with { DeadLetters = [f.DeadLetters[0] with { Reason = "EMPTY_TEXT" }] }), PipelineCheck.DeadLetters);
        AssertBroken(Change(f => f with { DeadLetters = [f.DeadLetters[0] with { Bytes = 9 }] }), PipelineCheck.OriginalBytes);
        AssertBroken(Change(f => f with { DeadLetters = [.. f.DeadLetters, f.DeadLetters[0] with { Origin = f.Descriptions[0].At, Bytes = f.Descriptions[0].Bytes }] }), PipelineCheck.OneAnswer, PipelineCheck.DeadLetters);
        AssertBroken(Change(f => f with { DeadLetters = [.. f.DeadLetters, f.DeadLetters[0] with { OriginTopic = "hs.predictions" }] }), PipelineCheck.DeadLetters);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(11L)]      // at the last record instead of after it
    [InlineData(20L)]      // beyond the end
    public void A_reader_that_is_not_at_the_end_is_found(long? next) =>
        AssertBroken(Change(f => f with { Progress = [f.Progress[0] with { Next = next }] }), PipelineCheck.ReadersAtEnd);

    /// <summary>Eleven descriptions of four ids, in one partition, the last of them poison: a repetition and revisions are among them.</summary>
    private static PipelineFacts Faultless()
    {
        (string Id, int Text)[] rows = [("a", 1), ("a", 2), ("a", 2), ("b", 1), ("c", 1), ("b", 2), ("d", 1), ("a", 3), ("c", 1), ("d", 2)];
        var descriptions = rows.Select((row, n) => new DescriptionFact(new Place(0, n), row.Id, row.Id, (UInt128)row.Text, (UInt128)(100 + n), null))
            .Append(new DescriptionFact(new Place(0, 11), "p", null, 0, 111, "NOT_FRAMED")).ToList();
        var predictions = rows.Select((row, n) => new PredictionFact(
            new Place(0, 2 * n), row.Id, Id(row), Id(row), row.Id, (UInt128)row.Text, Model, new Place(0, n), Id(row) * 3, Id(row) * 7)).ToList();
        var distinct = rows.Select((row, n) => (row, n)).DistinctBy(one => one.row).ToList();
        return new PipelineFacts
        {
            DescriptionsTopic = Topic,
            Descriptions = descriptions,
            Predictions = predictions,
            DeadLetters = [new DeadLetterFact(new Place(0, 0), Topic, new Place(0, 11), "NOT_FRAMED", 111)],
            Progress = [new ProgressFact("hs.scorer", Topic, 0, 11, 13, 12)],
            Ledger = new LedgerFacts
            {
                Descriptions = [.. distinct.Select((one, n) => new LedgerDescription(
                    10 + n, one.row.Id, distinct.Take(n + 1).Count(other => other.row.Id == one.row.Id), (UInt128)one.row.Text, new Place(0, one.n)))],
                Predictions = [.. distinct.Select((one, n) => new LedgerPrediction(
                    50 + n, Id(one.row), one.row.Id, (UInt128)one.row.Text, Model, new Place(0, one.n), Id(one.row) * 3, Id(one.row) * 7, new Place(0, 2 * one.n)))],
                DeadLetters = [new LedgerDeadLetter(90, Topic, new Place(0, 11), "NOT_FRAMED", 111)],
                Conflicts = 0,
                ChainComplaints = [],
                ChainEvents = 20,
            },
        };

        static UInt128 Id((string Id, int Text) row) => (UInt128)((row.Id[0] * 1000) + row.Text);
    }

    private static PipelineFacts Change(Func<PipelineFacts, PipelineFacts> damage) => damage(Faultless());

    private static PipelineFacts InLedger(Func<LedgerFacts, LedgerFacts> damage) => Change(f => f with { Ledger = damage(f.Ledger!) });

    private static List<T> Replace<T>(IReadOnlyList<T> list, int index, Func<T, T> change) => [.. list.Select((item, n) => n == index ? change(item) : item)];

    private static void AssertBroken(PipelineFacts facts, params string[] promises)
    {
        var report = PipelineCheck.Run(facts);
        foreach (var promise in promises) { Assert.True(report.Broken.Contains(promise), $"'{promise}' was not found broken:\n{report}"); }
    }
}
