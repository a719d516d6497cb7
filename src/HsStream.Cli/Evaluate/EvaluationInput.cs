using System.Security.Cryptography;
using System.Text;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Training.Datasets.Import;
using HsStream.Training.Datasets.Splits;
using HsStream.Training.Evaluation;

namespace HsStream.Cli.Evaluate;

/// <param name="Stream">Null when the stream is not gone through.</param>
/// <param name="Rows">As they were read, before any division.</param>
internal sealed record EvaluationInput(
    NomenclatureEdition Edition, DataFacts Facts, IReadOnlyList<(string Name, DatasetSplit Split)> Parts, IReadOnlyList<LabelledDescription>? Stream, IReadOnlyList<LabelledDescription> Rows)
{
    /// <summary>A model that is asked what it learnt answers better than it will anybody else.</summary>
    public void Warn(BundleManifest manifest, TextWriter errors)
    {
        if (manifest.NomenclatureEdition != Edition.Name)
        {
            errors.WriteLine($"the model predicts codes of {manifest.NomenclatureEdition}, the data has codes of {Edition.Name}; --to-edition converts them");
        }

        var hash = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(Rows.Select(row => $"{row.Text}\t{row.Code}\n")))));
        if (hash == manifest.Dataset.Hash) { errors.WriteLine("the model was trained on these very rows: the figures flatter it"); }
    }
}
