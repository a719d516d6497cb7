using HsStream.Scoring.Bundles;
using HsStream.Training.Catalogue;
using HsStream.Training.Datasets.Import;
using HsStream.Training.Fitting;
using HsStream.Training.Modelling;

namespace HsStream.Training.Evaluation;

/// <summary>Makes the models of an evaluation as those that are served are made: trained, calibrated, exported, and read back.</summary>
/// <param name="settings">Of every model; the architecture is the plan's, and the step sizes are those that suit it.</param>
/// <param name="source">How the operator named the data.</param>
/// <param name="directory">Where the bundles go.</param>
/// <param name="coverage">Promised by the conformal sets.</param>
/// <param name="timePerMeasurement">Of each figure of the cost of serving.</param>
public sealed class BundleMaker(
    ModelSettings settings, string source, string directory, double coverage, TimeSpan timePerMeasurement, TimeProvider clock) : IModelMaker
{
    /// <summary>What does not fit into a bundle that is served is measured all the same; the report says that it is too large.</summary>
    private static readonly BundleLimits _limits = new() { MaxBundleBytes = 2_000_000_000 };

    /// <summary>Rounds through the data of every architecture but that of the settings; null takes those that suit each.</summary>
    public int? EpochsOfOthers { get; init; }

    /// <summary>Told where each build stands.</summary>
    public IProgress<ModelProgress>? Progress { get; init; }

    public MadeModel Make(string architecture, IReadOnlyList<LabelledDescription> rows, CancellationToken cancellationToken)
    {
        // One part is enough to compare by, and saves the slow ones a third of their time.
        var isMain = architecture == settings.Architecture;
        var epochs = isMain ? settings.Training.Epochs : EpochsOfOthers ?? TrainingRecipes.For(architecture).Epochs;
        var own = settings with
        {
            Architecture = architecture,
            Training = TrainingRecipes.For(architecture) with { Epochs = epochs },
            CalibrationParts = isMain ? settings.CalibrationParts : 1,
        };
        var data = TrainingSet.Of(rows.Select(row => (row.Text, row.Code)), own, ProductCatalogue.Shipped);
        var store = new BundleStore(directory, _limits);
        var cpu = Environment.CpuUsage.TotalTime;
        var built = new ModelBuilder(own, source, clock) { Progress = Progress }.Build(data, store, cancellationToken);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        return new MadeModel(new BundleClassifier(store.Open(built.Manifest.ModelVersion), coverage, timePerMeasurement), built.TrainingTime, cpu, epochs);
    }
}
