using HsStream.Domain.Nomenclature;

namespace HsStream.Scoring.Confidence;

/// <summary>What a prediction prints beside its codes: the first subheading gets the chance that decisions rest on, the others share the rest.</summary>
/// <remarks>
/// With c the chance of the best subheading and p its probability, every other subheading is scaled by (1 - c) / (1 - p); headings and chapters
/// are the sums of theirs. So whoever sorts or cuts off by the printed probability does what the decision does. The chance is held back where it
/// would change the order of any of the three rankings; then the printed probability is that limit, and the decision goes by it too.
/// </remarks>
public readonly struct Publication
{
    // Relative; keeps float32 rounding from turning round two codes that come out next to each other.
    private const double Gap = 1e-5;
    private const double Tiny = 1e-6;
    private const float NearlyAll = 0.9f;

    private readonly bool _isAdjusted;
    private readonly int _best;
    private readonly int _bestHeading;
    private readonly int _bestChapter;
    private readonly double _gain;
    private readonly double _scale;

    private Publication(RowProbabilities row, double gain, double scale)
    {
        _isAdjusted = true;
        _best = row.Best;
        _bestHeading = row.Labels.HeadingOf[row.Best];
        _bestChapter = row.Labels.ChapterOf[row.Best];
        (_gain, _scale) = (gain, scale);
        First = (float)Math.Min(1, (row.Subheadings[row.Best] + gain) * scale);
    }

    /// <summary>The best subheading's probability; meaningless where nothing was fitted.</summary>
    public float First { get; }

    /// <summary>Prints the probabilities as they are: for a model without an assessment, or scores that are no numbers.</summary>
    public static Publication AsTheyAre => default;

    /// <param name="chance">That the best subheading is right, 0 to 1.</param>
    public static Publication Of(RowProbabilities row, float chance)
    {
        // As weights: the best one's changes from p to p + gain, the others keep theirs, and all are scaled to add up to 1 again.
        double p = row.Subheadings[row.Best];
        var rest = RestOf(row);
        var c = Math.Clamp(chance, Tiny, 1 - Tiny);
        if (rest < Tiny * Tiny)
        {
            // No other code has anything that could be scaled up.
            return new Publication(row, c - p, 1);
        }

        var (least, most) = ((row.SecondProbability * (1 + Gap)) - p, double.PositiveInfinity);
        Hold(row.SumsAt(HsLevel.Heading), row.Labels.HeadingOf[row.Best], ref least, ref most);
        Hold(row.SumsAt(HsLevel.Chapter), row.Labels.ChapterOf[row.Best], ref least, ref most);
        var gain = (c * rest / (1 - c)) - p;

        // Leaving everything as it is keeps every order, however close two codes are.
        gain = Math.Clamp(gain, Math.Min(least, 0), Math.Max(most, 0));
        return new Publication(row, gain, 1 / (rest + p + gain));
    }

    /// <summary>What the codes of a level are sorted by.</summary>
    public ReadOnlySpan<float> Order(RowProbabilities row, HsLevel level) => _isAdjusted && level != HsLevel.Subheading ? row.SumsAt(level) : row.At(level);

    /// <summary>The printed probability of a code.</summary>
    /// <param name="index">Label, or index among the labels' headings or chapters.</param>
    public float At(RowProbabilities row, HsLevel level, int index)
    {
        if (!_isAdjusted)
        {
            return row.At(level)[index];
        }

        var (weight, best) = level switch
        {
            HsLevel.Subheading => (row.Subheadings[index], _best),
            HsLevel.Heading => (row.SumsAt(level)[index], _bestHeading),
            _ => (row.SumsAt(level)[index], _bestChapter),
        };
        return (float)Math.Min(1, (index == best ? weight + _gain : weight) * _scale);
    }

    /// <summary>Bounds what a group may gain without passing the one before it or falling behind the one after it.</summary>
    private static void Hold(ReadOnlySpan<float> sums, int best, ref double least, ref double most)
    {
        var own = sums[best];
        var (after, before) = (-1f, float.PositiveInfinity);
        for (var i = 0; i < sums.Length; i++)
        {
            if (sums[i] > own || (sums[i] == own && i < best))
            {
                before = Math.Min(before, sums[i]);
            }
            else if (i != best)
            {
                after = Math.Max(after, sums[i]);
            }
        }

        least = Math.Max(least, (after * (1 + Gap)) - own);
        most = Math.Min(most, (before * (1 - Gap)) - own);
    }

    /// <summary>What the other subheadings add up to. One minus nearly one has few digits left, so there they are added up.</summary>
    private static double RestOf(RowProbabilities row)
    {
        var first = row.Subheadings[row.Best];
        if (first < NearlyAll)
        {
            return 1.0 - first;
        }

        var rest = 0.0;
        for (var label = 0; label < row.Subheadings.Length; label++)
        {
            rest += label == row.Best ? 0 : row.Subheadings[label];
        }

        return rest;
    }
}
