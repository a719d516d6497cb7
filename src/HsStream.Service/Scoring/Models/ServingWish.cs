using HsStream.Domain.Messages;

namespace HsStream.Service.Scoring.Models;

/// <summary>What the announcements ask to be served, whether or not the bundles can be had.</summary>
/// <param name="Champion">Model version; null when there is none, and then nothing is consumed.</param>
/// <param name="Experiment">The one running experiment that may choose another model than the champion.</param>
/// <param name="Shadows">Versions that score beside, the last announced first; neither the champion nor twice the same.</param>
/// <param name="Ignored">What was asked for and is not done, each with its reason; for the log.</param>
internal sealed record ServingWish(string? Champion, Experiment? Experiment, IReadOnlyList<string> Shadows, IReadOnlyList<string> Ignored)
{
    public static readonly ServingWish Nothing = new(null, null, [], []);

    /// <summary>Every version that should be loaded, the champion first.</summary>
    public IEnumerable<string> Versions =>
        ((IEnumerable<string?>)[Champion, Experiment?.Candidate, .. Shadows]).OfType<string>().Distinct();
}

/// <summary>The newest announcement of each model and experiment. Not safe for several threads at once.</summary>
internal sealed class Announcements
{
    private readonly Dictionary<string, (ModelVersion Model, long Offset)> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Experiment Experiment, long Offset)> _experiments = new(StringComparer.Ordinal);

    /// <param name="model">Null when the announcement was deleted.</param>
    public void Apply(string version, ModelVersion? model, long offset)
    {
        if (model is null) { _models.Remove(version); } else { _models[version] = (model, offset); }
    }

    /// <param name="experiment">Null when the announcement was deleted.</param>
    public void Apply(string experimentId, Experiment? experiment, long offset)
    {
        if (experiment is null) { _experiments.Remove(experimentId); } else { _experiments[experimentId] = (experiment, offset); }
    }

    /// <summary>Follows from the newest announcement of each key alone, so that every scorer comes to the same, whenever it began to read.</summary>
    public ServingWish Decide(int maxShadows)
    {
        var champion = _models.Values.Where(m => m.Model.Stage == ModelStage.Champion).OrderByDescending(m => m.Offset).Select(m => m.Model.Version).FirstOrDefault();
        if (champion is null) { return ServingWish.Nothing; }
        var ignored = new List<string>();
        Experiment? chosen = null;
        var shadows = _models.Values.Where(m => m.Model.Stage is ModelStage.Shadow or ModelStage.Experiment).Select(m => (m.Model.Version, m.Offset)).ToList();
        foreach (var (experiment, offset) in _experiments.Values.Where(e => e.Experiment.IsRunning).OrderByDescending(e => e.Offset))
        {
            if (Objection(experiment, champion) is { } objection)
            {
                ignored.Add($"experiment {experiment.ExperimentId}: {objection}");
            }
            else if (experiment.Kind == ExperimentKind.Shadow)
            {
                shadows.Add((experiment.Candidate, offset));
            }
            else if (chosen is null)
            {
                chosen = experiment;
            }
            else
            {
                ignored.Add($"experiment {experiment.ExperimentId}: {chosen.ExperimentId} began later, and one experiment serves at a time");
            }
        }

        var wanted = shadows.OrderByDescending(s => s.Offset).Select(s => s.Version).Distinct().Where(v => v != champion && v != chosen?.Candidate).ToList();
        ignored.AddRange(wanted.Skip(maxShadows).Select(version => $"shadow {version}: Scorer:MaxShadows is {maxShadows}"));
        return new ServingWish(champion, chosen, [.. wanted.Take(maxShadows)], ignored);
    }

    private string? Objection(Experiment experiment, string champion)
    {
        if (experiment.Kind != ExperimentKind.Shadow && experiment.Champion != champion)
        {
            return $"it compares with {experiment.Champion}, and the champion is {champion}";
        }

        if (experiment.Candidate == champion) { return "its candidate is the champion"; }
        if (!_models.TryGetValue(experiment.Candidate, out var candidate)) { return $"no model {experiment.Candidate} was announced"; }
        return candidate.Model.Stage == ModelStage.Retired ? $"its candidate {experiment.Candidate} is retired" : null;
    }
}
