using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Features;

namespace HsStream.Scoring.Onnx;

/// <summary>Builds predictions from calibrated probabilities; buffers of one thread.</summary>
internal sealed class PredictionBuilder
{
    private readonly HsModel _model;
    private readonly DecisionMaker _decisions;
    private readonly ConformalThresholds? _thresholds;
    private readonly ulong[] _order;

    public PredictionBuilder(HsModel model)
    {
        _model = model;
        _decisions = new DecisionMaker(model.Calibration);
        _thresholds = model.Calibration.ForCoverage(model.Options.Coverage);
        _order = new ulong[model.Labels.Count];
    }

    public HsPrediction Build(string text, RowProbabilities probabilities, EncodedBatch batch, int row, ExecutionProfile profile)
    {
        var labels = _model.Labels;
        var decision = _decisions.Decide(probabilities, batch.TokenIds(row), batch.Profile(row), batch.Issues(row), batch.TextHash(row), out var publication);
        return new HsPrediction
        {
            ModelVersion = _model.ModelVersion,
            EncoderHash = _model.Encoder.Hash,
            InputHash = InputHash(text),
            Edition = labels.Edition,
            Subheadings = Rank(probabilities, HsLevel.Subheading, labels.Codes, publication),
            Headings = Rank(probabilities, HsLevel.Heading, labels.Headings, publication),
            Chapters = Rank(probabilities, HsLevel.Chapter, labels.Chapters, publication),
            Sets = _thresholds is null ? null : new PredictionSets(
                _thresholds.Coverage,
                Set(probabilities, HsLevel.Subheading, labels.Codes),
                Set(probabilities, HsLevel.Heading, labels.Headings),
                Set(probabilities, HsLevel.Chapter, labels.Chapters)),
            Decision = decision,
            Issues = batch.Issues(row),
            Profile = profile,
        };
    }

    public Publication Publish(RowProbabilities probabilities, EncodedBatch batch, int row)
    {
        _decisions.Decide(probabilities, batch.TokenIds(row), batch.Profile(row), batch.Issues(row), batch.TextHash(row), out var publication);
        return publication;
    }

    private static string InputHash(string text)
    {
        Span<byte> hash = stackalloc byte[32];
        DescriptionEncoder.HashInput(text, hash);
        Span<char> digits = stackalloc char[64];
        Convert.TryToHexStringLower(hash, digits, out _);
        return string.Concat("sha256:", digits);
    }

    /// <summary>The best K by insertion; equal probabilities by index.</summary>
    private RankedCode[] Rank(RowProbabilities row, HsLevel level, IReadOnlyList<HsCode> codes, Publication publication)
    {
        var probabilities = publication.Order(row, level);
        var best = _order.AsSpan(0, Math.Min(_model.Options.TopK, codes.Count));
        var (count, least) = (0, -1f);
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (count == best.Length && probabilities[i] <= least)
            {
                continue;
            }

            var at = count < best.Length ? count++ : count - 1;
            while (at > 0 && probabilities[(int)best[at - 1]] < probabilities[i])
            {
                best[at] = best[at - 1];
                at--;
            }

            best[at] = (ulong)i;
            least = probabilities[(int)best[count - 1]];
        }

        var ranking = new RankedCode[best.Length];
        for (var i = 0; i < ranking.Length; i++)
        {
            ranking[i] = new RankedCode(codes[(int)best[i]], publication.At(row, level, (int)best[i]));
        }

        return ranking;
    }

    private PredictionSet Set(RowProbabilities probabilities, HsLevel level, IReadOnlyList<HsCode> codes)
    {
        var order = _order.AsSpan(0, codes.Count);
        var size = Conformal.Set(probabilities.At(level), _thresholds!.At(level), _model.Calibration.ConformalMethod, order);
        var listed = new HsCode[Math.Min(size, _model.Options.MaxListedSet)];
        for (var i = 0; i < listed.Length; i++)
        {
            listed[i] = codes[Conformal.LabelOf(order[i])];
        }

        return new PredictionSet(size, listed);
    }
}
