using HsStream.Service.Scoring.Models;
using Prometheus;

namespace HsStream.Service.Scoring;

/// <summary>Which models a scorer has, and what keeps it from having more.</summary>
internal sealed class ModelMetrics(IMetricFactory factory)
{
    private readonly Gauge _models = factory.CreateGauge(
        "hsstream_scorer_model_info", "1 for each model that serves (champion, candidate) or scores beside (shadow).", ["model_version", "architecture", "edition", "provider", "part"]);

    private readonly Counter _swaps = factory.CreateCounter("hsstream_scorer_model_swaps_total", "Times that another set of models took over.");

    private readonly Counter _failures = factory.CreateCounter(
        "hsstream_scorer_bundle_failures_total", "Tries to get and load a bundle that failed; the models before it go on serving.");

    private readonly Lock _gate = new();
    private List<string[]> _shown = [];

    public void BundleFailed() => _failures.Inc();

    public void Show(ServingPlan? plan)
    {
        lock (_gate)
        {
            List<string[]> now = plan is null ? [] : [Labels(plan.Champion, "champion"), .. plan.Candidate is { } candidate ? [Labels(candidate, "candidate")] : Array.Empty<string[]>(), .. plan.Shadows.Select(shadow => Labels(shadow, "shadow"))];
            foreach (var labels in _shown) { _models.RemoveLabelled(labels); }
            foreach (var labels in now) { _models.WithLabels(labels).Set(1); }
            _shown = now;
            _swaps.Inc();
        }
    }

    private static string[] Labels(LoadedModel model, string part) =>
        [model.Version, model.Manifest.Architecture, model.Manifest.NomenclatureEdition, model.Provider, part];
}
