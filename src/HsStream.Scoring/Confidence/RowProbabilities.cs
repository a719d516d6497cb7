using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Features;

namespace HsStream.Scoring.Confidence;

/// <summary>Calibrated probabilities of one description at all three levels; buffers to be used again for the next.</summary>
public sealed class RowProbabilities
{
    private readonly float[] _subheadings;
    private readonly float[] _headings;
    private readonly float[] _chapters;
    private readonly float[] _headingSums;
    private readonly float[] _chapterSums;
    private int _bestHeading;
    private int _bestChapter;

    public RowProbabilities(LabelTable labels)
    {
        Labels = labels;
        _subheadings = new float[labels.Count];
        _headings = new float[labels.Headings.Count];
        _chapters = new float[labels.Chapters.Count];
        _headingSums = new float[labels.Headings.Count];
        _chapterSums = new float[labels.Chapters.Count];
    }

    public LabelTable Labels { get; }

    /// <summary>By label; they add up to 1.</summary>
    public ReadOnlySpan<float> Subheadings => _subheadings;

    /// <summary>By index of <see cref="LabelTable.Headings"/>.</summary>
    public ReadOnlySpan<float> Headings => _headings;

    public ReadOnlySpan<float> Chapters => _chapters;

    /// <summary>False when the model gave a score that is no finite number; the probabilities are then all equal.</summary>
    public bool IsFinite { get; private set; }

    /// <summary>The best subheading, as a label; the lower index where two are equal.</summary>
    public int Best { get; private set; }

    /// <summary>The second best probability of a subheading; 0 when there is one label only.</summary>
    public float SecondProbability { get; private set; }

    /// <summary>Entropy of the subheadings' probabilities, in nats.</summary>
    public float Entropy { get; private set; }

    /// <summary>Fills in the probabilities from raw scores.</summary>
    /// <param name="logits">One a label.</param>
    /// <remarks>
    /// Headings and chapters are sums over their labels. Where their own temperature is not 1, the sums are raised to its
    /// inverse and scaled to 1 again.
    /// </remarks>
    public void Compute(ReadOnlySpan<float> logits, Temperatures temperatures)
    {
        var temperature = temperatures.Subheading;
        if (temperatures.EntropySlope != 0 && Softmax.Write(logits, 1, _subheadings, out var unscaled))
        {
            temperature = temperatures.For(unscaled);
        }

        IsFinite = Softmax.Write(logits, 1 / temperature, _subheadings, out var entropy);
        var headingOf = Labels.HeadingOf;
        var chapterOf = Labels.ChapterOf;
        Array.Clear(_headingSums);
        Array.Clear(_chapterSums);
        var (best, first, second) = (0, -1f, 0f);
        for (var label = 0; label < _subheadings.Length; label++)
        {
            var p = _subheadings[label];
            if (p > first)
            {
                (best, first, second) = (label, p, Math.Max(first, 0));
            }
            else if (p > second)
            {
                second = p;
            }

            _headingSums[headingOf[label]] += p;
            _chapterSums[chapterOf[label]] += p;
        }

        (Best, SecondProbability, Entropy) = (best, second, entropy);
        _headingSums.CopyTo(_headings, 0);
        _chapterSums.CopyTo(_chapters, 0);
        Temper(_headings, temperatures.Heading);
        Temper(_chapters, temperatures.Chapter);
        (_bestHeading, _bestChapter) = (BestOf(_headings), BestOf(_chapters));
    }

    /// <summary>Index of the highest probability of a level; the lower one where two are equal.</summary>
    public int BestAt(HsLevel level) => level switch
    {
        HsLevel.Subheading => Best,
        HsLevel.Heading => _bestHeading,
        _ => _bestChapter,
    };

    public ReadOnlySpan<float> At(HsLevel level) => level switch
    {
        HsLevel.Subheading => _subheadings,
        HsLevel.Heading => _headings,
        HsLevel.Chapter => _chapters,
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "Expected a chapter, a heading or a subheading."),
    };

    /// <summary>Sums of the subheadings' probabilities by heading or chapter, without the level's own temperature; in the same order as <see cref="At"/>.</summary>
    public ReadOnlySpan<float> SumsAt(HsLevel level) => level == HsLevel.Heading ? _headingSums : _chapterSums;

    private static int BestOf(ReadOnlySpan<float> probabilities)
    {
        var (best, highest) = (0, probabilities[0]);
        for (var i = 1; i < probabilities.Length; i++)
        {
            if (probabilities[i] > highest)
            {
                (best, highest) = (i, probabilities[i]);
            }
        }

        return best;
    }

    /// <summary>The logarithm of each; that of 0 as small as a float32 probability can be.</summary>
    internal static void Logarithms(Span<float> probabilities)
    {
        foreach (ref var p in probabilities)
        {
            p = p > 0 ? (float)FixedMath.Log(p) : -87;
        }
    }

    private static void Temper(Span<float> sums, float temperature)
    {
        if (temperature == 1)
        {
            return;
        }

        Logarithms(sums);
        Softmax.Write(sums, 1 / temperature, sums, out _);
    }
}
