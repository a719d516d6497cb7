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
    public Calibration Fit(EncodedBatch texts, ReadOnlyMemory<float> logits, IReadOnlyList<HsCode> codes) => Fit([new HeldOutScores(this, texts, logits, codes)]);

    /// <summary>Fits one calibration on the rows of several networks of one kind, each asked about rows of its own that it was not trained on.</summary>
    /// <param name="parts">At least one. What is counted of training rows is the first one's; <see cref="Adopt"/> replaces it.</param>
    /// <exception cref="ArgumentException">There are no rows, or the lengths do not fit.</exception>
    public static Calibration Fit(IReadOnlyList<HeldOutScores> parts)
    {
        foreach (var part in parts)
        {
            part.Check();
        }

        return parts[0].Model.FitAll(parts);
    }

    private Calibration FitAll(IReadOnlyList<HeldOutScores> parts)
    {
        var rows = parts.Sum(part => part.Count);
        var temperatures = FitTemperatures(parts);
        var signals = new float[rows * Assessment.Signals];
        var isRight = Levels.ToDictionary(level => level, _ => new bool[rows]);
        var scores = Levels.ToDictionary(level => level, _ => new float[rows]);
        var information = new float[rows];
        ForEach(parts, temperatures, (row, part, rowOfPart, probabilities) =>
        {
            var model = part.Model;
            information[row] = model._words?.Of(part.Texts.TokenIds(rowOfPart)) ?? 0;
            Assessment.Write(
                probabilities, part.Texts.Profile(rowOfPart), information[row], model._labelRows, signals.AsSpan(row * Assessment.Signals, Assessment.Signals));
            foreach (var level in Levels)
            {
                var truth = model.Truth(part.Codes[rowOfPart], level);
                isRight[level][row] = truth == probabilities.BestAt(level);
                scores[level][row] = Conformal.Score(probabilities.At(level), truth, _options.ConformalMethod);
            }
        });

        var assessment = FitAssessment(signals, isRight, out var heldOutChance);

        // Thresholds are on what is printed, which order may hold back.
        var printed = heldOutChance[HsLevel.Subheading];
        ForEach(parts, temperatures, (row, _, _, probabilities) => printed[row] = Publication.Of(probabilities, printed[row]).First);
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

    private static void ForEach(IReadOnlyList<HeldOutScores> parts, Temperatures temperatures, Action<int, HeldOutScores, int, RowProbabilities> visit)
    {
        var row = 0;
        foreach (var part in parts)
        {
            var probabilities = new RowProbabilities(part.Model._labels);
            for (var rowOfPart = 0; rowOfPart < part.Count; rowOfPart++)
            {
                probabilities.Compute(part.Row(rowOfPart), temperatures);
                visit(row++, part, rowOfPart, probabilities);
            }
        }
    }

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

    private static Temperatures FitTemperatures(IReadOnlyList<HeldOutScores> parts)
    {
        var entropies = parts.Select(part =>
        {
            var scratch = new float[part.Model._labels.Count];
            return Enumerable.Range(0, part.Count).Select(row =>
            {
                Softmax.Write(part.Row(row), 1, scratch, out var entropy);
                return entropy;
            }).ToArray();
        }).ToArray();
        var truths = parts.Select(part => part.Codes.Select(part.Model._labels.Find).ToArray()).ToArray();
        var widest = parts.Max(part => part.Model._labels.Count);
        double Loss(Temperatures temperatures) => MeanLoss(truths, widest, (part, row, probabilities) =>
            Softmax.Write(parts[part].Row(row), 1 / temperatures.For(entropies[part][row]), probabilities.AsSpan(0, parts[part].Model._labels.Count), out _));
        var constant = new Temperatures(1, 1, 1);
        constant = constant with { Subheading = TemperatureFitter.Fit(t => Loss(constant with { Subheading = t })) };
        var byEntropy = constant with { EntropyCentre = entropies.SelectMany(entropy => entropy).Average() };
        for (var round = 0; round < 2; round++)
        {
            // One after the other: around the mean entropy the two hardly touch each other.
            byEntropy = byEntropy with { EntropySlope = TemperatureFitter.FitSlope(slope => Loss(byEntropy with { EntropySlope = slope })) };
            byEntropy = byEntropy with { Subheading = TemperatureFitter.Fit(t => Loss(byEntropy with { Subheading = t })) };
        }

        var best = Loss(byEntropy) < Loss(constant) * (1 - LeastGain) ? byEntropy : constant;
        return best with { Heading = FitSums(parts, best, HsLevel.Heading), Chapter = FitSums(parts, best, HsLevel.Chapter) };
    }

    /// <returns>1 where a temperature for the sums does not help.</returns>
    private static float FitSums(IReadOnlyList<HeldOutScores> parts, Temperatures temperatures, HsLevel level)
    {
        var widths = parts.Select(part => new RowProbabilities(part.Model._labels).At(level).Length).ToArray();
        var sums = parts.Select((part, i) => new float[part.Count * widths[i]]).ToArray();
        var at = 0;
        ForEach(parts, temperatures, (_, part, row, probabilities) =>
        {
            while (parts[at] != part)
            {
                at++;
            }

            probabilities.At(level).CopyTo(sums[at].AsSpan(row * widths[at]));
        });
        foreach (var sum in sums)
        {
            RowProbabilities.Logarithms(sum);
        }

        var truths = parts.Select(part => part.Codes.Select(code => part.Model.Truth(code, level)).ToArray()).ToArray();
        double Loss(float temperature) => MeanLoss(truths, widths.Max(), (part, row, tempered) =>
            Softmax.Write(sums[part].AsSpan(row * widths[part], widths[part]), 1 / temperature, tempered.AsSpan(0, widths[part]), out _));
        var best = TemperatureFitter.Fit(Loss);
        return Loss(best) < Loss(1) * (1 - LeastGain) ? best : 1;
    }

    /// <summary>Mean negative log-likelihood of the rows whose truth the model knows.</summary>
    private static double MeanLoss(int[][] truths, int widest, Action<int, int, float[]> write)
    {
        var probabilities = new float[widest];
        double loss = 0, rows = 0;
        for (var part = 0; part < truths.Length; part++)
        {
            for (var row = 0; row < truths[part].Length; row++)
            {
                if (truths[part][row] >= 0)
                {
                    write(part, row, probabilities);
                    loss -= Math.Log(Math.Max(probabilities[truths[part][row]], 1e-12));
                    rows++;
                }
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

    /// <summary>A network's scores of texts that it was not trained on.</summary>
    /// <param name="Model">What was counted of its training rows.</param>
    /// <param name="Logits">[texts, labels].</param>
    /// <param name="Codes">The true ones.</param>
    public sealed record HeldOutScores(CalibrationFitter Model, EncodedBatch Texts, ReadOnlyMemory<float> Logits, IReadOnlyList<HsCode> Codes)
    {
        public int Count => Texts.Count;

        internal ReadOnlySpan<float> Row(int row) => Logits.Span.Slice(row * Model._labels.Count, Model._labels.Count);

        internal void Check()
        {
            var labels = Model._labels.Count;
            if (Count == 0 || Codes.Count != Count || Logits.Length != (long)Count * labels)
            {
                throw new ArgumentException($"Expected codes and {labels} scores for each of {Count} texts, at least one, got {Codes.Count} codes and {Logits.Length} scores.");
            }
        }
    }
}
