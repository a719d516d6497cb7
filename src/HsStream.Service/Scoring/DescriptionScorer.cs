using HsStream.Domain.Messages;
using HsStream.Scoring.Onnx;
using HsStream.Service.Scoring.Models;

namespace HsStream.Service.Scoring;

/// <summary>Scores batches of descriptions with whatever serves at their beginning. One for each worker; not safe for several threads.</summary>
/// <remarks>
/// A shadow that fails is left out of the batch. A candidate that fails on the descriptions assigned to it leaves them to the
/// champion, without the experiment's id. Only the champion's failure is the batch's.
/// </remarks>
internal sealed class DescriptionScorer(ModelKeeper models, ScorerMetrics metrics, ILogger logger, TimeProvider time) : IDisposable
{
    private const string Champion = "champion";
    private const string Candidate = "candidate";
    private const string Shadow = "shadow";

    private readonly Dictionary<LoadedModel, BatchScorer> _scorers = [];
    private ServingPlan? _plan;

    /// <exception cref="NothingServesException">No model serves; none of the batch was scored.</exception>
    public ScoredBatch Score(IReadOnlyList<ScoringItem> items)
    {
        if (items.Count == 0) { return new ScoredBatch([], []); }
        Adopt();
        var plan = _plan ?? throw new NothingServesException();
        var start = time.GetTimestamp();
        var (champions, candidates) = Assign(plan, items);
        var served = new Answer[items.Count];
        var shadows = new List<Answer>();
        var experimentId = plan.Experiment?.ExperimentId;
        if (candidates.Count > 0 && !TryAnswer(plan.Candidate!, candidates, Candidate, answer => served[answer.Item] = answer with { ExperimentId = experimentId }))
        {
            Answer(plan.Champion, candidates, answer => served[answer.Item] = answer);
            candidates = [];
        }

        Answer(plan.Champion, champions, answer => served[answer.Item] = answer with { ExperimentId = experimentId });
        if (plan.Candidate is { } other)
        {
            // The arm that does not serve a description answers beside, so that both models are compared on the same descriptions.
            TryAnswer(other, champions, Shadow, answer => shadows.Add(answer with { ExperimentId = experimentId }));
            TryAnswer(plan.Champion, candidates, Shadow, answer => shadows.Add(answer with { ExperimentId = experimentId }));
        }

        if (plan.Shadows.Count > 0)
        {
            List<int> all = [.. Enumerable.Range(0, items.Count)];
            foreach (var shadow in plan.Shadows) { TryAnswer(shadow, all, Shadow, shadows.Add); }
        }

        return Finish(items, served, shadows, start, plan);

        void Answer(LoadedModel model, List<int> which, Action<Answer> add)
        {
            if (which.Count == 0) { return; }
            var answers = _scorers[model].Score([.. which.Select(item => items[item].Description.Text)]);
            for (var i = 0; i < answers.Length; i++) { add(new Answer(which[i], answers[i], model.Options, null)); }
        }

        bool TryAnswer(LoadedModel model, List<int> which, string part, Action<Answer> add)
        {
            try
            {
                Answer(model, which, add);
                return true;
            }
#pragma warning disable CA1031 // Whatever a model on trial does, the champion serves.
            catch (Exception e)
#pragma warning restore CA1031
            {
                metrics.ModelFailures.WithLabels(part).Inc();
                logger.ModelFailed(e, model.Version, which.Count, part);
                return false;
            }
        }
    }

    public void Dispose() => Drop();

    private static (List<int> Champions, List<int> Candidates) Assign(ServingPlan plan, IReadOnlyList<ScoringItem> items)
    {
        var champions = new List<int>(items.Count);
        var candidates = new List<int>();
        for (var i = 0; i < items.Count; i++)
        {
            var isCandidate = plan is { Experiment: { } experiment, Candidate: not null }
                && ExperimentAssignment.IsCandidate(experiment.Salt, items[i].Description.DescriptionId, experiment.CandidateShare);
            (isCandidate ? candidates : champions).Add(i);
        }

        return (champions, candidates);
    }

    private ScoredBatch Finish(IReadOnlyList<ScoringItem> items, Answer[] served, List<Answer> shadows, long start, ServingPlan plan)
    {
        var (end, now) = (time.GetTimestamp(), time.GetUtcNow());
        var scoring = time.GetElapsedTime(start, end);
        Prediction[] predictions = [.. served.Select(ToMessage)];
        Prediction[] beside = [.. shadows.Select(ToMessage)];
        metrics.ScoringSeconds.Observe(scoring.TotalSeconds);
        foreach (var group in predictions.GroupBy(p => (IsAuto: p.Outcome == PredictionOutcome.Auto, IsChampion: p.ModelVersion == plan.Champion.Version)))
        {
            metrics.Predicted(group.Key.IsAuto, group.Key.IsChampion ? Champion : Candidate, group.Count());
        }

        var autos = beside.Count(p => p.Outcome == PredictionOutcome.Auto);
        metrics.Predicted(true, Shadow, autos);
        metrics.Predicted(false, Shadow, beside.Length - autos);
        return new ScoredBatch(predictions, beside);

        Prediction ToMessage(Answer answer)
        {
            var item = items[answer.Item];
            var timing = new PredictionTiming(item.DescribedAt, now, time.GetElapsedTime(item.ReceivedAt, end), scoring, items.Count);
            return answer.Scored.ToMessage(item, answer.Options, timing, answer.ExperimentId);
        }
    }

    /// <summary>Takes up the plan of this moment: holds its models before it lets go of the old ones, so that what stays is not freed.</summary>
    private void Adopt()
    {
        while (models.Plan is var current && current != _plan)
        {
            if (current is null)
            {
                Drop();
                return;
            }

            // A plan that could not be held was replaced while we looked; the next look sees the new one.
            if (!current.TryHold()) { continue; }
            Drop();
            foreach (var model in current.Models) { _scorers.Add(model, model.Rent()); }
            _plan = current;
        }
    }

    private void Drop()
    {
        foreach (var (model, scorer) in _scorers) { model.Return(scorer); }
        _scorers.Clear();
        _plan?.Release();
        _plan = null;
    }

    private readonly record struct Answer(int Item, HsPrediction Scored, ScoringOptions Options, string? ExperimentId);
}

/// <summary>There is no champion, or its bundle cannot be had yet.</summary>
internal sealed class NothingServesException() : Exception("No model serves.");
