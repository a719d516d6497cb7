using System.Buffers.Binary;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Features;

namespace HsStream.Scoring.Confidence;

/// <summary>Fits a <see cref="Calibration"/> on rows that the network was not trained on.</summary>
/// <remarks>
/// Rows whose code the model does not know stay in: they are wrong answers and uncovered sets, as they will be when it serves.
/// For the promises to hold the rows must be like those to come: held out by text, not up-sampled, not deduplicated otherwise.
/// </remarks>
public sealed class CalibrationFitter
{
    private const int Folds = 5;

    // A temperature for sums of probabilities must earn its keep: it parts them from their labels.
    private const double LeastGain = 0.002;

    private static readonly HsLevel[] Levels = [HsLevel.Subheading, HsLevel.Heading, HsLevel.Chapter];

    private readonly LabelTable _labels;
    private readonly CalibrationOptions _options;
    private readonly WordInformation? _words;
    private readonly int[] _labelRows;
    private readonly byte[] _ambiguous;

    /// <param name="trainingTexts">Texts that the network was trained on, without up-sampling; null when they are not at hand, and then vague and ambiguous texts are not known.</param>
    /// <param name="trainingCodes">Beside them.</param>
    public CalibrationFitter(LabelTable labels, EncodedBatch? trainingTexts, IReadOnlyList<HsCode> trainingCodes, CalibrationOptions options)
    {
        _labels = labels;
        _options = options;
        _words = trainingTexts is null ? null : WordInformation.Fit(trainingTexts, trainingCodes);
        _labelRows = new int[labels.Count];
        foreach (var label in trainingCodes.Select(labels.Find).Where(label => label >= 0))
        {
            _labelRows[label]++;
        }

        _ambiguous = trainingTexts is null ? [] : FindAmbiguous(trainingTexts, trainingCodes, options.SubheadingPrecision);
    }

    /// <param name="texts">The held-out texts.</param>
    /// <param name="logits">Raw scores of each, [rows, labels].</param>
    /// <param name="codes">The true codes.</param>
    /// <exception cref="ArgumentException">There are no rows, or the lengths do not fit.</exception>
    public Calibration Fit(EncodedBatch texts, ReadOnlyMemory<float> logits, IReadOnlyList<HsCode> codes)
    {
        var rows = texts.Count;
        if (rows == 0 || codes.Count != rows || logits.Length != (long)rows * _labels.Count)
        {
            throw new ArgumentException($"Expected codes and {_labels.Count} scores for each of {rows} texts, at least one, got {codes.Count} codes and {logits.Length} scores.");
        }

        var temperatures = FitTemperatures(logits, codes);
        var probabilities = new RowProbabilities(_labels);
        var signals = new float[rows * Assessment.Signals];
        var isRight = Levels.ToDictionary(level => level, _ => new bool[rows]);
        var scores = Levels.ToDictionary(level => level, _ => new float[rows]);
        var information = new float[rows];
        for (var row = 0; row < rows; row++)
        {
            probabilities.Compute(RowOf(logits, row), temperatures);
            information[row] = _words?.Of(texts.TokenIds(row)) ?? 0;
            Assessment.Write(
                probabilities, texts.Profile(row), information[row], _labelRows, signals.AsSpan(row * Assessment.Signals, Assessment.Signals));
            foreach (var level in Levels)
            {
                var truth = Truth(codes[row], level);
                isRight[level][row] = truth == probabilities.BestAt(level);
                scores[level][row] = Conformal.Score(probabilities.At(level), truth, _options.ConformalMethod);
            }
        }

        var assessment = FitAssessment(signals, isRight, out var heldOutChance);
        return new Calibration
        {
            Rows = rows,
            Temperatures = temperatures,
            ConformalMethod = _options.ConformalMethod,
            Conformal = [.. _options.Coverages.Select(coverage => new ConformalThresholds(
                coverage,
                Conformal.Quantile(scores[HsLevel.Subheading], coverage),
                Conformal.Quantile(scores[HsLevel.Heading], coverage),
                Conformal.Quantile(scores[HsLevel.Chapter], coverage)))],
            Decision = new DecisionThresholds
            {
                Subheading = Choose(HsLevel.Subheading, _options.SubheadingPrecision, heldOutChance, isRight),
                Heading = Choose(HsLevel.Heading, _options.HeadingPrecision, heldOutChance, isRight),
                Chapter = Choose(HsLevel.Chapter, _options.ChapterPrecision, heldOutChance, isRight),
            },
            Assessment = assessment,
            Words = _words is null ? null : _words with { MinInformation = Percentile(information, _options.VagueShare) },
            AmbiguousTexts = _ambiguous,
        };
    }

    /// <summary>Takes a calibration over to this fitter's model, which was trained again, on the calibration rows too.</summary>
    /// <remarks>Temperatures, sets and thresholds stay; what counts labels, words and texts of the training rows is counted anew.</remarks>
    public Calibration Adopt(Calibration fitted) => fitted with
    {
        Assessment = fitted.Assessment is { } assessment ? assessment with { LabelRows = _labelRows } : null,
        Words = _words is { } words && fitted.Words is { } before ? words with { MinInformation = before.MinInformation } : null,
        AmbiguousTexts = _ambiguous,
    };

    private static float Percentile(float[] values, double share)
    {
        Array.Sort(values);
        return values[(int)(share * (values.Length - 1))];
    }

    /// <summary>Hashes of the texts whose commonest code has less than the precision target of their rows.</summary>
    private static byte[] FindAmbiguous(EncodedBatch texts, IReadOnlyList<HsCode> codes, double target)
    {
        var hashes = Enumerable.Range(0, texts.Count)
            .GroupBy(texts.TextHash, row => codes[row])
            .Where(group => group.CountBy(code => code).Max(code => code.Value) < target * group.Count())
            .Select(group => group.Key).Order().ToArray();
        var bytes = new byte[8 * hashes.Length];
        for (var i = 0; i < hashes.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8 * i), hashes[i]);
        }

        return bytes;
    }

    private ReadOnlySpan<float> RowOf(ReadOnlyMemory<float> logits, int row) => logits.Span.Slice(row * _labels.Count, _labels.Count);

    /// <returns>Index at the level, or -1 when the model does not know it.</returns>
    private int Truth(HsCode code, HsLevel level)
    {
        if (level == HsLevel.Subheading)
        {
            return _labels.Find(code);
        }

        var groups = level == HsLevel.Heading ? _labels.Headings : _labels.Chapters;
        var (low, high, wanted) = (0, groups.Count - 1, code.AtLevel(level));
        while (low <= high)
        {
            var middle = (low + high) / 2;
            switch (groups[middle].CompareTo(wanted))
            {
                case 0: return middle;
                case < 0: low = middle + 1; break;
                default: high = middle - 1; break;
            }
        }

        return -1;
    }

    private Temperatures FitTemperatures(ReadOnlyMemory<float> logits, IReadOnlyList<HsCode> codes)
    {
        var entropies = new float[codes.Count];
        var scratch = new float[_labels.Count];
        for (var row = 0; row < entropies.Length; row++)
        {
            Softmax.Write(RowOf(logits, row), 1, scratch, out entropies[row]);
        }

        var truths = codes.Select(_labels.Find).ToArray();
        double Loss(Temperatures temperatures) => MeanLoss(truths, (row, probabilities) =>
            Softmax.Write(RowOf(logits, row), 1 / temperatures.For(entropies[row]), probabilities, out _));
        var constant = new Temperatures(1, 1, 1);
        constant = constant with { Subheading = TemperatureFitter.Fit(t => Loss(constant with { Subheading = t })) };
        var byEntropy = constant with { EntropyCentre = entropies.Average() };
        for (var round = 0; round < 2; round++)
        {
            // One after the other: around the mean entropy the two hardly touch each other.
            byEntropy = byEntropy with { EntropySlope = TemperatureFitter.FitSlope(slope => Loss(byEntropy with { EntropySlope = slope })) };
            byEntropy = byEntropy with { Subheading = TemperatureFitter.Fit(t => Loss(byEntropy with { Subheading = t })) };
        }

        var best = Loss(byEntropy) < Loss(constant) * (1 - LeastGain) ? byEntropy : constant;
        return best with
        {
            Heading = FitSums(logits, codes, best, HsLevel.Heading),
            Chapter = FitSums(logits, codes, best, HsLevel.Chapter),
        };
    }

    /// <returns>1 where a temperature for the sums does not help.</returns>
    private float FitSums(ReadOnlyMemory<float> logits, IReadOnlyList<HsCode> codes, Temperatures temperatures, HsLevel level)
    {
        var probabilities = new RowProbabilities(_labels);
        var width = probabilities.At(level).Length;
        var sums = new float[codes.Count * width];
        for (var row = 0; row < codes.Count; row++)
        {
            probabilities.Compute(RowOf(logits, row), temperatures);
            probabilities.At(level).CopyTo(sums.AsSpan(row * width));
        }

        RowProbabilities.Logarithms(sums);
        var truths = codes.Select(code => Truth(code, level)).ToArray();
        double Loss(float temperature) => MeanLoss(truths, (row, tempered) =>
            Softmax.Write(sums.AsSpan(row * width, width), 1 / temperature, tempered.AsSpan(0, width), out _));
        var best = TemperatureFitter.Fit(Loss);
        return Loss(best) < Loss(1) * (1 - LeastGain) ? best : 1;
    }

    /// <summary>Mean negative log-likelihood of the rows whose truth the model knows.</summary>
    private double MeanLoss(int[] truths, Action<int, float[]> write)
    {
        var probabilities = new float[_labels.Count];
        double loss = 0, rows = 0;
        for (var row = 0; row < truths.Length; row++)
        {
            if (truths[row] >= 0)
            {
                write(row, probabilities);
                loss -= Math.Log(Math.Max(probabilities[truths[row]], 1e-12));
                rows++;
            }
        }

        return rows == 0 ? 0 : loss / rows;
    }

    /// <summary>Fits on all rows; the chances that thresholds are chosen from come from fits without the row's own fold.</summary>
    private Assessment FitAssessment(float[] signals, Dictionary<HsLevel, bool[]> isRight, out Dictionary<HsLevel, float[]> heldOutChance)
    {
        var rows = signals.Length / Assessment.Signals;
        var (means, scales) = Standardise(signals);
        heldOutChance = [];
        var weights = new Dictionary<HsLevel, float[]>();
        foreach (var level in Levels)
        {
            var chance = new float[rows];
            for (var fold = 0; fold < Folds; fold++)
            {
                var without = LogisticRegression.Fit(signals, Assessment.Signals, isRight[level], row => row % Folds != fold);
                for (var row = fold; row < rows; row += Folds)
                {
                    var sum = without[0];
                    for (var i = 0; i < Assessment.Signals; i++)
                    {
                        sum += without[i + 1] * signals[(row * Assessment.Signals) + i];
                    }

                    chance[row] = Softmax.Sigmoid((float)sum);
                }
            }

            heldOutChance.Add(level, chance);
            weights.Add(level, [.. LogisticRegression.Fit(signals, Assessment.Signals, isRight[level], _ => true).Select(weight => (float)weight)]);
        }

        return new Assessment(_labelRows, means, scales, weights[HsLevel.Subheading], weights[HsLevel.Heading], weights[HsLevel.Chapter]);
    }

    private static (float[] Means, float[] Scales) Standardise(float[] signals)
    {
        var rows = signals.Length / Assessment.Signals;
        var (means, scales) = (new float[Assessment.Signals], new float[Assessment.Signals]);
        for (var i = 0; i < Assessment.Signals; i++)
        {
            double sum = 0, squares = 0;
            for (var row = 0; row < rows; row++)
            {
                sum += signals[(row * Assessment.Signals) + i];
            }

            var mean = sum / rows;
            for (var row = 0; row < rows; row++)
            {
                var distance = signals[(row * Assessment.Signals) + i] - mean;
                squares += distance * distance;
            }

            // A signal that never changes says nothing and must not be divided by nothing.
            (means[i], scales[i]) = ((float)mean, (float)Math.Max(Math.Sqrt(squares / rows), 1e-3));
            for (var row = 0; row < rows; row++)
            {
                ref var signal = ref signals[(row * Assessment.Signals) + i];
                signal = (signal - means[i]) / scales[i];
            }
        }

        return (means, scales);
    }

    private LevelThreshold Choose(HsLevel level, double target, Dictionary<HsLevel, float[]> chance, Dictionary<HsLevel, bool[]> isRight)
    {
        var rows = chance[level].Zip(isRight[level]).ToArray();
        return PrecisionThreshold.Choose(rows, target, _options.Bound, _options.BoundConfidence, _options.MinimumRows);
    }
}
