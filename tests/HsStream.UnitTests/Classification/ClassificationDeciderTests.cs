using CsCheck;
using HsStream.Domain.Classification;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;
using HsStream.UnitTests.Ledger;
using Xunit;
using static HsStream.Domain.Classification.ClassificationCommand;
using static HsStream.Domain.Classification.ClassificationEvent;

namespace HsStream.UnitTests.Classification;

public sealed class ClassificationDeciderTests
{
    private const string Id = "d-1";

    /// <summary>A small world, so that random histories repeat and contradict themselves.</summary>
    private static readonly Gen<ClassificationCommand> Commands =
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 99]).Select((kind, which, value, offset) => (ClassificationCommand)(kind switch
        {
            0 => new DescribeGoods(TestFacts.Description(Id, $"TEXT {which}"), TestFacts.Origin(Topics.Descriptions, offset)),
            1 => new PredictCode(TestFacts.Prediction(Id, $"TEXT {which}", 0.5f + 0.1f * value), TestFacts.Origin(Topics.Predictions, offset)),
            2 => new PredictInShadow(TestFacts.Prediction(Id, $"TEXT {which}", 0.5f + 0.1f * value), TestFacts.Origin(Topics.ShadowPredictions, offset)),
            3 => new CorrectLabel(TestFacts.Correction(Id, $"c-{which}", code: value == 0 ? "851660" : value == 1 ? "851650" : "999999"), TestFacts.Origin(Topics.Corrections, offset)),
            _ => new ClassificationCommand.EraseText(TestFacts.Mandate, TestFacts.At.AddDays(which)),
        }));

    [Fact]
    public void An_accepted_command_delivered_again_records_nothing() => Gen.Select(Commands.Array[0, 20], Commands).Sample((history, command) =>
    {
        var before = history.Aggregate(ClassificationState.Initial, Run);
        if (ClassificationDecider.Decide(before, command) is Decision<ClassificationEvent>.Accepted)
        {
            Assert.Empty(Events(ClassificationDecider.Decide(Run(before, command), command)));
        }
    }, iter: 2_000);

    [Fact]
    public void A_recorded_prediction_is_never_replaced() => Commands.Array[0, 30].Sample(history =>
    {
        var first = new Dictionary<string, ClassificationEvent>();
        foreach (var fact in Record(history).OfType<CodePredicted>()) { Assert.True(first.TryAdd(fact.Prediction.PredictionId, fact)); }
    }, iter: 500);

    [Fact]
    public void Another_text_under_the_same_id_is_a_new_revision() =>
        Assert.Equal([1, 2], Record([Describe("LAMP"), Describe("TABLE"), Describe("LAMP")]).OfType<GoodsDescribed>().Select(e => e.Revision));

    [Fact]
    public void A_prediction_may_come_before_its_description() =>
        Assert.Collection(Record([Predict("LAMP", 0.7f), Describe("LAMP")]), e => Assert.IsType<CodePredicted>(e), e => Assert.IsType<GoodsDescribed>(e));

    [Fact]
    public void The_same_prediction_id_with_another_probability_is_kept_as_a_conflict_once()
    {
        var events = Record([Predict("LAMP", 0.7f), Predict("LAMP", 0.7f), Predict("LAMP", 0.70000005f), Predict("LAMP", 0.70000005f)]);
        Assert.Equal(2, events.Count);
        Assert.Equal(0.7f, Assert.IsType<CodePredicted>(events[0]).Prediction.Confidence.Subheading);
        Assert.Equal(0.70000005f, Assert.IsType<PredictionConflicted>(events[1]).Prediction.Confidence.Subheading);
    }

    [Fact]
    public void Where_and_when_a_prediction_was_computed_makes_no_conflict()
    {
        var again = TestFacts.Prediction(Id, "LAMP", 0.7f);
        again = again with { Timing = again.Timing with { BatchRecords = 1 }, Origin = new RecordPosition(Topics.Descriptions, 3, 7), Profile = again.Profile with { BatchRows = 1 } };
        Assert.Single(Record([Predict("LAMP", 0.7f), new PredictCode(again, TestFacts.Origin(Topics.Predictions, 9))]));
    }

    [Fact]
    public void Two_correctors_are_both_kept() =>
        Assert.Equal(["bo", "cy"], Record(
            [
                new CorrectLabel(TestFacts.Correction(Id, "c-1", "bo"), TestFacts.Origin(Topics.Corrections, 0)),
                new CorrectLabel(TestFacts.Correction(Id, "c-2", "cy", "851650"), TestFacts.Origin(Topics.Corrections, 1)),
            ]).OfType<LabelCorrected>().Select(e => e.Correction.CorrectedBy));

    [Theory]
    [InlineData("999999", 0.5)]
    [InlineData("8516", 0.5)]
    [InlineData("851660", 0.0)]
    [InlineData("851660", 1.5)]
    public void A_correction_is_held_to_its_edition_and_a_real_chance(string code, double chance) =>
        Assert.IsType<Decision<ClassificationEvent>.Rejected>(ClassificationDecider.Decide(ClassificationState.Initial, new CorrectLabel(
            TestFacts.Correction(Id, "c-1") with { Code = HsCode.Parse(code), SamplingProbability = chance },
            TestFacts.Origin(Topics.Corrections, 0))));

    [Fact]
    public void An_erased_text_does_not_come_back_by_being_delivered_again()
    {
        var erase = new ClassificationCommand.EraseText(TestFacts.Mandate, TestFacts.At);
        var events = Record([Describe("LAMP"), Describe("TABLE"), erase, Describe("LAMP"), erase, Describe("CHAIR")]);
        Assert.Equal([1, 2], Assert.IsType<TextErased>(events[2]).Versions);
        Assert.Equal(4, events.Count);
        Assert.Equal(3, Assert.IsType<GoodsDescribed>(events[3]).Revision);
    }

    [Fact]
    public void A_prediction_outside_its_edition_or_without_finite_numbers_is_refused()
    {
        foreach (var wrong in (Prediction[])
            [
                TestFacts.Prediction(Id, "LAMP") with { Code = HsCode.Parse("999999") },
                TestFacts.Prediction(Id, "LAMP") with { Confidence = new Confidence(float.NaN, 0, 0) },
                TestFacts.Prediction(Id, "LAMP", 1.5f),
                TestFacts.Prediction(Id, "LAMP") with { Subheadings = [] },
            ])
        {
            Assert.IsType<Decision<ClassificationEvent>.Rejected>(
                ClassificationDecider.Decide(ClassificationState.Initial, new PredictCode(wrong, TestFacts.Origin(Topics.Predictions, 0))));
        }
    }

    private static DescribeGoods Describe(string text) => new(TestFacts.Description(Id, text), TestFacts.Origin(Topics.Descriptions, 0));

    private static PredictCode Predict(string text, float probability) => new(TestFacts.Prediction(Id, text, probability), TestFacts.Origin(Topics.Predictions, 0));

    private static IReadOnlyList<ClassificationEvent> Events(Decision<ClassificationEvent> decision) =>
        decision is Decision<ClassificationEvent>.Accepted accepted ? accepted.Events : [];

    private static ClassificationState Run(ClassificationState state, ClassificationCommand command) =>
        Events(ClassificationDecider.Decide(state, command)).Aggregate(state, ClassificationDecider.Evolve);

    private static List<ClassificationEvent> Record(IEnumerable<ClassificationCommand> commands)
    {
        var (state, events) = (ClassificationState.Initial, new List<ClassificationEvent>());
        foreach (var command in commands)
        {
            var decided = Events(ClassificationDecider.Decide(state, command));
            events.AddRange(decided);
            state = decided.Aggregate(state, ClassificationDecider.Evolve);
        }

        return events;
    }
}
