using System.Diagnostics;
using HsStream.Domain.Classification;
using HsStream.Domain.Ledger;
using HsStream.Domain.Ledger.Records;
using HsStream.Domain.Ledger.Signals;
using HsStream.Domain.ModelLifecycle;
using HsStream.Domain.ModelLifecycle.Experiments;

namespace HsStream.Store.Writing;

/// <summary>Which stream a fact belongs to, and what it orders there.</summary>
internal static class FactCommands
{
    public static (string StreamId, object Command) Of(RecordedFact recorded)
    {
        var origin = recorded.Origin;
        return recorded.Fact switch
        {
            Fact.Described f => (StreamIds.Goods(f.Description.DescriptionId), new ClassificationCommand.DescribeGoods(f.Description, origin)),
            Fact.Predicted f => (StreamIds.Goods(f.Prediction.DescriptionId), new ClassificationCommand.PredictCode(f.Prediction, origin)),
            Fact.ShadowPredicted f => (StreamIds.Goods(f.Prediction.DescriptionId), new ClassificationCommand.PredictInShadow(f.Prediction, origin)),
            Fact.Corrected f => (StreamIds.Goods(f.Correction.DescriptionId), new ClassificationCommand.CorrectLabel(f.Correction, origin)),
            Fact.ModelAnnounced f => (StreamIds.Model(f.Model.Version), new ModelCommand.NoteAnnouncement(f.Model, origin)),
            Fact.ExperimentAnnounced f => (StreamIds.Experiment(f.Experiment.ExperimentId), new ExperimentCommand.NoteAnnouncement(f.Experiment, origin)),
            Fact.DeadLettered f => (StreamIds.Record(f.Letter.Origin), new RecordCommand.NoteDeadLetter(f.Letter, origin)),
            Fact.SignalRaised f => (StreamIds.Signal(f.Signal.SignalId), new SignalCommand.NoteSignal(f.Signal, origin)),
            Fact.RetrainingRequested f => (StreamIds.Retraining(f.Request.RequestId), new SignalCommand.NoteRetraining(f.Request, origin)),
            Fact.Unreadable f => (StreamIds.Record(origin.Position), new RecordCommand.NoteUnreadable(f.Hash, f.Bytes, f.Reason, f.Detail, origin)),
            _ => throw new UnreachableException(recorded.Fact.GetType().Name),
        };
    }
}
