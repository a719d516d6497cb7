using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Features;

namespace HsStream.Scoring.Confidence;

/// <summary>How much each known word tells about the heading, fitted from the training texts.</summary>
/// <remarks>
/// A word's information is the divergence, in nats, of the headings of the texts it occurs in from the headings of all
/// texts: near 0 for colours, sizes and filler, 3 and more for words that name goods. The conditional distribution is
/// smoothed with two texts' worth of the prior, so a word of few texts stays humble.
/// </remarks>
/// <param name="Levels">A byte for each token id, in steps of 1/16 nat; id 0 and words without training texts are 0.</param>
/// <param name="MinInformation">A text whose three most telling words add up to less says too little.</param>
public sealed record WordInformation(byte[] Levels, float MinInformation)
{
    /// <summary>Nats a step of <see cref="Levels"/>.</summary>
    public const float Step = 1f / 16;

    private const double PriorTexts = 2;
    private const int TellingWords = 3;

    /// <summary>Nats of the most telling words of a text together.</summary>
    /// <param name="tokenIds">As the encoder gives them; pieces of unknown words tell nothing.</param>
    public float Of(ReadOnlySpan<int> tokenIds)
    {
        int first = 0, second = 0, third = 0;
        foreach (var id in tokenIds)
        {
            var level = (uint)id < (uint)Levels.Length ? Levels[id] : 0;
            if (level > first)
            {
                (first, second, third) = (level, first, second);
            }
            else if (level > second)
            {
                (second, third) = (level, second);
            }
            else if (level > third)
            {
                third = level;
            }
        }

        return (first + second + third) * Step;
    }

    /// <summary>Fits the words' information; <see cref="MinInformation"/> is still 0.</summary>
    /// <param name="texts">The training texts.</param>
    /// <param name="codes">Beside them.</param>
    public static WordInformation Fit(EncodedBatch texts, IReadOnlyList<HsCode> codes)
    {
        if (texts.Count != codes.Count)
        {
            throw new ArgumentException($"Expected a code for each of {texts.Count} texts, got {codes.Count}.");
        }

        var prior = new Dictionary<HsCode, int>();
        var headings = new Dictionary<(int Word, HsCode Heading), int>();
        var textsOf = new int[1 + texts.Encoder.Definition.Tokens.Vocabulary];
        var seen = new HashSet<int>();
        for (var row = 0; row < texts.Count; row++)
        {
            var heading = codes[row].Heading;
            prior[heading] = prior.GetValueOrDefault(heading) + 1;
            seen.Clear();
            foreach (var id in texts.TokenIds(row))
            {
                if (id < textsOf.Length && seen.Add(id))
                {
                    textsOf[id]++;
                    headings[(id, heading)] = headings.GetValueOrDefault((id, heading)) + 1;
                }
            }
        }

        var nats = new double[textsOf.Length];
        var priorSeen = new double[textsOf.Length];
        foreach (var ((word, heading), count) in headings.OrderBy(entry => entry.Key.Word).ThenBy(entry => entry.Key.Heading))
        {
            var share = (double)prior[heading] / texts.Count;
            var posterior = (count + (PriorTexts * share)) / (textsOf[word] + PriorTexts);
            nats[word] += posterior * Math.Log(posterior / share);
            priorSeen[word] += share;
        }

        var levels = new byte[textsOf.Length];
        for (var word = 1; word < levels.Length; word++)
        {
            if (textsOf[word] > 0)
            {
                // Headings that the word never met keep the prior's proportions.
                var rest = PriorTexts / (textsOf[word] + PriorTexts);
                nats[word] += (1 - priorSeen[word]) * rest * Math.Log(rest);
                levels[word] = (byte)Math.Clamp(Math.Round(nats[word] / Step), 0, 255);
            }
        }

        return new WordInformation(levels, 0);
    }

    internal void Validate() =>
        Calibration.Require(MinInformation is >= 0 and <= 1000, "words.min_information", "0 to 1000", MinInformation);
}
