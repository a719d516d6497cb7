using CsCheck;
using HsStream.Domain.Ledger;
using HsStream.Domain.Ledger.Records;
using HsStream.Domain.Ledger.Signals;
using HsStream.Domain.Messages;
using HsStream.Domain.ModelLifecycle;
using HsStream.Domain.ModelLifecycle.Experiments;
using HsStream.UnitTests.Ledger;
using Xunit;
using static HsStream.Domain.ModelLifecycle.ModelCommand;

namespace HsStream.UnitTests.ModelLifecycle;

public sealed class ModelDeciderTests
{
    private static readonly Gen<ModelCommand> Commands = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2]).Select((kind, value) => (ModelCommand)(kind switch
    {
        0 => new Register(TestFacts.Facts(TestFacts.ModelA) with { Architecture = value == 0 ? "Other" : "Linear" }, TestFacts.Mandate, TestFacts.At),
        1 => new StartShadow(TestFacts.Mandate, TestFacts.At),
        2 => new Promote(TestFacts.Mandate, TestFacts.At),
        3 => new Reinstate(TestFacts.Mandate, TestFacts.At),
        4 => new Retire(null, value == 0 ? TestFacts.Mandate with { Reason = " " } : TestFacts.Mandate, TestFacts.At),
        _ => new NoteAnnouncement(TestFacts.Announcement(TestFacts.ModelA, (ModelStage)value), TestFacts.Origin(Topics.Models, value)),
    }));

    [Fact]
    public void An_accepted_command_delivered_again_records_nothing() => Gen.Select(Commands.Array[0, 20], Commands).Sample((history, command) =>
    {
        var before = history.Aggregate(ModelState.Initial, Run);
        if (ModelDecider.Decide(before, command) is Decision<ModelEvent>.Accepted) { Assert.Empty(Events(ModelDecider.Decide(Run(before, command), command))); }
    }, iter: 2_000);

    [Fact]
    public void An_accepted_order_about_an_experiment_delivered_again_records_nothing()
    {
        var plan = new ExperimentPlan("e-1", ExperimentKind.Canary, TestFacts.ModelA, TestFacts.ModelB, 0.1, "salt");
        var commands = Gen.Int[0, 3].Select(kind => (ExperimentCommand)(kind switch
        {
            0 => new ExperimentCommand.Start(plan, TestFacts.Mandate, TestFacts.At),
            1 => new ExperimentCommand.Start(plan with { CandidateShare = 0.2 }, TestFacts.Mandate, TestFacts.At),
            2 => new ExperimentCommand.Finish(TestFacts.Mandate, TestFacts.At),
            _ => new ExperimentCommand.Start(plan with { CandidateShare = 2 }, TestFacts.Mandate, TestFacts.At),
        }));
        Gen.Select(commands.Array[0, 10], commands).Sample((history, command) =>
        {
            static IReadOnlyList<ExperimentEvent> Decided(ExperimentState state, ExperimentCommand c) =>
                ExperimentDecider.Decide(state, c) is Decision<ExperimentEvent>.Accepted a ? a.Events : [];
            static ExperimentState Run(ExperimentState state, ExperimentCommand c) => Decided(state, c).Aggregate(state, ExperimentDecider.Evolve);
            var before = history.Aggregate(ExperimentState.Initial, Run);
            if (ExperimentDecider.Decide(before, command) is Decision<ExperimentEvent>.Accepted) { Assert.Empty(Decided(Run(before, command), command)); }
        }, iter: 500);
    }

    [Fact]
    public void An_accepted_order_about_a_record_delivered_again_records_nothing()
    {
        var commands = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 2]).Select((kind, offset) => (RecordCommand)(kind switch
        {
            0 => new RecordCommand.NoteDeadLetter(TestFacts.Letter(3), TestFacts.Origin(Topics.DeadLetters, offset)),
            1 => new RecordCommand.NoteUnreadable("sha256:00", 2, DeadLetterReasons.Unreadable, "Expected Avro.", TestFacts.Origin(Topics.Descriptions, 3)),
            2 => new RecordCommand.NoteRefused($"goods/{offset}", "no", TestFacts.Origin(Topics.Descriptions, 3)),
            3 => new RecordCommand.NoteReplayed(TestFacts.Mandate, TestFacts.At.AddDays(offset)),
            _ => new RecordCommand.EraseContent(TestFacts.Mandate, TestFacts.At),
        }));
        Gen.Select(commands.Array[0, 10], commands).Sample((history, command) =>
        {
            static IReadOnlyList<RecordEvent> Decided(RecordState state, RecordCommand c) => RecordDecider.Decide(state, c) is Decision<RecordEvent>.Accepted a ? a.Events : [];
            static RecordState Run(RecordState state, RecordCommand c) => Decided(state, c).Aggregate(state, RecordDecider.Evolve);
            var before = history.Aggregate(RecordState.Initial, Run);
            if (RecordDecider.Decide(before, command) is Decision<RecordEvent>.Accepted) { Assert.Empty(Decided(Run(before, command), command)); }
        }, iter: 500);
    }

    [Fact]
    public void A_signal_is_told_once()
    {
        var signal = new MonitorSignal
        {
            SignalId = "s", Subject = "scorer", Detector = "psi", Severity = SignalSeverity.Alarm, Statistic = 1, Threshold = 0.5, WindowRecords = 10, RaisedAt = TestFacts.At,
        };
        var command = new SignalCommand.NoteSignal(signal, TestFacts.Origin(Topics.Signals, 0));
        var first = Assert.IsType<Decision<SignalEvent>.Accepted>(SignalDecider.Decide(SignalState.Initial, command));
        var state = first.Events.Aggregate(SignalState.Initial, SignalDecider.Evolve);
        Assert.Empty(Assert.IsType<Decision<SignalEvent>.Accepted>(SignalDecider.Decide(state, command)).Events);
        Assert.IsType<Decision<SignalEvent>.Rejected>(SignalDecider.Decide(
            SignalState.Initial, new SignalCommand.NoteSignal(signal with { Statistic = double.NaN }, TestFacts.Origin(Topics.Signals, 0))));
    }

    [Fact]
    public void A_second_champion_retires_the_first()
    {
        var models = new Dictionary<string, ModelState>
        {
            [TestFacts.ModelA] = Given(new Register(TestFacts.Facts(TestFacts.ModelA), TestFacts.Mandate, TestFacts.At), new Promote(TestFacts.Mandate, TestFacts.At)),
            [TestFacts.ModelB] = Given(new Register(TestFacts.Facts(TestFacts.ModelB), TestFacts.Mandate, TestFacts.At)),
        };
        var decision = Succession.Decide(models, TestFacts.ModelB, new Promote(TestFacts.Mandate, TestFacts.At), TestFacts.Mandate, TestFacts.At);
        var events = Assert.IsType<Decision<(string Version, ModelEvent Event)>.Accepted>(decision).Events;
        Assert.Equal([TestFacts.ModelA, TestFacts.ModelB], events.Select(e => e.Version));
        Assert.Equal(TestFacts.ModelB, Assert.IsType<ModelEvent.Retired>(events[0].Event).SupersededBy);
        Assert.IsType<ModelEvent.Promoted>(events[1].Event);
    }

    [Fact]
    public void A_retired_model_is_not_promoted_again()
    {
        var retired = Given(new Register(TestFacts.Facts(TestFacts.ModelA), TestFacts.Mandate, TestFacts.At), new Promote(TestFacts.Mandate, TestFacts.At), new Retire(null, TestFacts.Mandate, TestFacts.At));
        Assert.IsType<Decision<ModelEvent>.Rejected>(ModelDecider.Decide(retired, new Promote(TestFacts.Mandate, TestFacts.At)));
        Assert.Single(Events(ModelDecider.Decide(retired, new Reinstate(TestFacts.Mandate, TestFacts.At))));
        Assert.IsType<Decision<ModelEvent>.Rejected>(ModelDecider.Decide(ModelState.Initial, new Promote(TestFacts.Mandate, TestFacts.At)));
    }

    [Fact]
    public void A_command_without_actor_or_reason_is_refused()
    {
        foreach (var mandate in (Mandate[])[new("", "why", null), new("who", " ", null)])
        {
            Assert.IsType<Decision<ModelEvent>.Rejected>(ModelDecider.Decide(ModelState.Initial, new Register(TestFacts.Facts(TestFacts.ModelA), mandate, TestFacts.At)));
        }
    }

    private static ModelState Given(params IEnumerable<ModelCommand> commands) => commands.Aggregate(ModelState.Initial, Run);

    private static ModelState Run(ModelState state, ModelCommand command) => Events(ModelDecider.Decide(state, command)).Aggregate(state, ModelDecider.Evolve);

    private static IReadOnlyList<ModelEvent> Events(Decision<ModelEvent> decision) => decision is Decision<ModelEvent>.Accepted accepted ? accepted.Events : [];
}
