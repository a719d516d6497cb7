using HsStream.Domain.Classification;
using HsStream.Domain.Ledger;
using HsStream.Domain.Ledger.Records;
using HsStream.Domain.Ledger.Signals;
using HsStream.Domain.ModelLifecycle;
using HsStream.Domain.ModelLifecycle.Experiments;

namespace HsStream.Store.Writing;

/// <summary>A decider as the writer sees it.</summary>
internal abstract class StreamKind
{
    public abstract object Initial { get; }

    public abstract object Evolve(object state, object fact);

    /// <returns>The events, or why not.</returns>
    public abstract (IReadOnlyList<object> Events, string? Rejection) Decide(object state, object command);

    public static StreamKind Goods { get; } = new Of<ClassificationState, ClassificationCommand, ClassificationEvent>(
        ClassificationState.Initial, ClassificationDecider.Decide, ClassificationDecider.Evolve);

    public static StreamKind Model { get; } = new Of<ModelState, ModelCommand, ModelEvent>(ModelState.Initial, ModelDecider.Decide, ModelDecider.Evolve);

    public static StreamKind Experiment { get; } = new Of<ExperimentState, ExperimentCommand, ExperimentEvent>(
        ExperimentState.Initial, ExperimentDecider.Decide, ExperimentDecider.Evolve);

    public static StreamKind Record { get; } = new Of<RecordState, RecordCommand, RecordEvent>(RecordState.Initial, RecordDecider.Decide, RecordDecider.Evolve);

    public static StreamKind Signal { get; } = new Of<SignalState, SignalCommand, SignalEvent>(SignalState.Initial, SignalDecider.Decide, SignalDecider.Evolve);

    public static StreamKind OfStream(string streamId) => streamId switch
    {
        _ when streamId.StartsWith(StreamIds.GoodsPrefix, StringComparison.Ordinal) => Goods,
        _ when streamId.StartsWith(StreamIds.ModelPrefix, StringComparison.Ordinal) => Model,
        _ when streamId.StartsWith(StreamIds.ExperimentPrefix, StringComparison.Ordinal) => Experiment,
        _ when streamId.StartsWith(StreamIds.RecordPrefix, StringComparison.Ordinal) => Record,
        _ when streamId.StartsWith(StreamIds.SignalPrefix, StringComparison.Ordinal)
            || streamId.StartsWith(StreamIds.RetrainingPrefix, StringComparison.Ordinal) => Signal,
        _ => throw new ArgumentException($"Expected a stream of the ledger, got '{streamId}'.", nameof(streamId)),
    };

    private sealed class Of<TState, TCommand, TEvent>(
        TState initial, Func<TState, TCommand, Decision<TEvent>> decide, Func<TState, TEvent, TState> evolve) : StreamKind
        where TState : class
        where TEvent : class
    {
        public override object Initial => initial;

        public override object Evolve(object state, object fact) => evolve((TState)state, (TEvent)fact);

        public override (IReadOnlyList<object> Events, string? Rejection) Decide(object state, object command) => decide((TState)state, (TCommand)command) switch
        {
            Decision<TEvent>.Accepted accepted => (accepted.Events, null),
            Decision<TEvent>.Rejected rejected => ([], rejected.Reason),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }
}
