using HsStream.Scoring.Bundles;
using HsStream.Training.Catalogue;
using HsStream.Training.Datasets.Import;
using HsStream.Training.Modelling;

namespace HsStream.Training.Evaluation;

/// <summary>Makes the models of an evaluation as those that are served are made: trained, calibrated, exported, and read back.</summary>
/// <param name="settings">Of every model; the architecture is the plan's.</param>
/// <param name="source">How the operator named the data.</param>
/// <param name="directory">Where the bundles go.</param>
/// <param name="coverage">Promised by the conformal sets.</param>
/// <param name="timePerMeasurement">Of each figure of the cost of serving.</param>
public sealed class BundleMaker(
    ModelSettings settings, string source, string directory, double coverage, TimeSpan timePerMeasurement, TimeProvider clock) : IModelMaker
{
    /// <summary>Told where each build stands.</summary>
    public IProgress<ModelProgress>? Progress { get; init; }

    public MadeModel Make(string architecture, IReadOnlyList<LabelledDescription> rows, CancellationToken cancellationToken)
    {
        var own = settings with { Architecture = architecture };
        var data = TrainingSet.Of(rows.Select(row => (row.Text, row.Code)), own, ProductCatalogue.Shipped);
        var store = new BundleStore(directory);
        var cpu = Environment.CpuUsage.TotalTime;
        var built = new ModelBuilder(own, source, clock) { Progress = Progress }.Build(data, store, cancellationToken);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        return new MadeModel(new BundleClassifier(store.Open(built.Manifest.ModelVersion), coverage, timePerMeasurement), built.TrainingTime, cpu);
    }
}
