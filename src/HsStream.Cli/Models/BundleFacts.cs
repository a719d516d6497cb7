using System.Globalization;
using HsStream.Domain.ModelLifecycle;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;

namespace HsStream.Cli.Models;

/// <summary>What a bundle's manifest says, for the ledger: so that it can be told years later, without the bundle, what a model was trained on.</summary>
internal static class BundleFacts
{
    public static ModelFacts Of(BundleManifest manifest)
    {
        var training = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["dataset.source"] = manifest.Dataset.Source,
            ["dataset.query"] = manifest.Dataset.Query,
            ["dataset.rows"] = Text(manifest.Dataset.Rows),
            ["dataset.hash"] = manifest.Dataset.Hash,
            ["split.method"] = manifest.Split.Method,
            ["split.seed"] = Text(manifest.Split.Seed),
            ["split.training_rows"] = Text(manifest.Split.TrainingRows),
            ["split.calibration_rows"] = Text(manifest.Split.CalibrationRows),
            ["split.test_rows"] = Text(manifest.Split.TestRows),
            ["seed"] = Text(manifest.Seed),
            ["code_commit"] = manifest.CodeCommit,
            ["created_at"] = Instant.Write(manifest.CreatedAt),
        };
        if (manifest.Dataset.EventHighWaterMark is { } mark) { training["dataset.event_high_water_mark"] = Text(mark); }
        return new ModelFacts(
            manifest.ModelVersion, manifest.Architecture, manifest.EncoderHash, NomenclatureEdition.Parse(manifest.NomenclatureEdition),
            new Dictionary<string, double>(manifest.Metrics), training);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
