using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Features;

namespace HsStream.Scoring.Confidence;

/// <summary>The chance that the best code, heading or chapter of a description is right.</summary>
/// <remarks>
/// A logistic regression on the model's probabilities and on what the text is made of. It decides better than the highest
/// probability alone: of two texts with the same probability, the longer one of known words is more often right, and a
/// network is surest of itself where a text says least. Fitted on the calibration rows, one weight vector a level.
/// </remarks>
/// <param name="LabelRows">Training rows of each label.</param>
/// <param name="Means">Of each signal over the calibration rows.</param>
/// <param name="Scales">Standard deviation of each signal.</param>
/// <param name="Subheading">Constant, then the weight of each standardised signal.</param>
public sealed record Assessment(
    IReadOnlyList<int> LabelRows, IReadOnlyList<float> Means, IReadOnlyList<float> Scales,
    IReadOnlyList<float> Subheading, IReadOnlyList<float> Heading, IReadOnlyList<float> Chapter)
{
    /// <summary>Number of signals, in the order in which <see cref="Write"/> gives them.</summary>
    public const int Signals = 13;

    private const double Tiny = 1e-6;

    /// <summary>Writes the signals of a row: three logits of the best probabilities, the second best, the entropy, and the text's make-up.</summary>
    /// <param name="signals">Exactly <see cref="Signals"/>.</param>
    public static void Write(
        RowProbabilities probabilities, TextProfile text, float information, IReadOnlyList<int> labelRows, Span<float> signals)
    {
        var words = text.Words + text.Numbers + text.Mixed;
        signals[0] = Logit(probabilities.Subheadings[probabilities.Best]);
        signals[1] = Logit(probabilities.Headings[probabilities.BestAt(HsLevel.Heading)]);
        signals[2] = Logit(probabilities.Chapters[probabilities.BestAt(HsLevel.Chapter)]);
        signals[3] = (float)FixedMath.Log(probabilities.SecondProbability + Tiny);
        signals[4] = probabilities.Entropy;
        signals[5] = LogCount(words);
        signals[6] = LogCount(text.KnownWords);
        signals[7] = text.Words == 0 ? 0 : (float)text.KnownWords / text.Words;
        signals[8] = LogCount(text.Words - text.KnownWords);
        signals[9] = LogCount(text.Numbers);
        signals[10] = LogCount(text.Mixed);
        signals[11] = information;
        signals[12] = LogCount(probabilities.Best < labelRows.Count ? labelRows[probabilities.Best] : 0);
    }

    /// <summary>Chance that the best code of the level is right.</summary>
    public float Chance(ReadOnlySpan<float> signals, HsLevel level)
    {
        var weights = level switch
        {
            HsLevel.Subheading => Subheading,
            HsLevel.Heading => Heading,
            _ => Chapter,
        };
        var sum = weights[0];
        for (var i = 0; i < signals.Length; i++)
        {
            sum += weights[i + 1] * ((signals[i] - Means[i]) / Scales[i]);
        }

        return Softmax.Sigmoid(sum);
    }

    internal void Validate()
    {
        Calibration.Require(Means.Count == Signals && Scales.Count == Signals, "assessment means and scales", $"{Signals} each", $"{Means.Count} and {Scales.Count}");
        Calibration.Require(Scales.All(scale => scale > 0 && float.IsFinite(scale)), "assessment scales", "above 0", string.Join(' ', Scales));
        Calibration.Require(Means.All(float.IsFinite), "assessment means", "finite", string.Join(' ', Means));
        foreach (var weights in new[] { Subheading, Heading, Chapter })
        {
            Calibration.Require(weights.Count == Signals + 1 && weights.All(float.IsFinite), "assessment weights", $"{Signals + 1} finite numbers", string.Join(' ', weights));
        }
    }

    private static float Logit(float p) => (float)(FixedMath.Log(p + Tiny) - FixedMath.Log(1 - Math.Min(p, 1) + Tiny));

    private static float LogCount(int count) => (float)FixedMath.Log(1 + count);
}
