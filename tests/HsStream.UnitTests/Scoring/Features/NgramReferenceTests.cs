using HsStream.Scoring.Features;
using Xunit;

namespace HsStream.UnitTests.Scoring.Features;

/// <summary>Compares the bag with a slow one written from the definition alone, with dictionaries and the hash as documented.</summary>
public sealed class NgramReferenceTests
{
    private static readonly string[] Queries =
    [
        "bottle", "a a a b", "PLASTIC BOTTLE 500ML plastic", "m6x20 steel bolt m6x21", "AB12345 coffee", "26 inch bicycle 26 kg", "塑料水瓶",
        string.Join(' ', Texts.Training),
    ];

    [Theory]
    [InlineData(false, false, true, 128)]
    [InlineData(true, true, true, 128)]
    [InlineData(false, true, false, 16)]
    public void The_bag_is_what_its_definition_says(bool maskWords, bool maskCharacters, bool dropUnseen, int cap)
    {
        var definition = Texts.Small with
        {
            Ngrams = Texts.Small.Ngrams with
            {
                MaskWordDigits = maskWords,
                MaskCharacterDigits = maskCharacters,
                DropUnseen = dropUnseen,
                CharacterMinTexts = 2,
                Widths = [cap],
                WordHalf = 1.5f,
                PairWeight = 0.75f,
            },
        };
        var encoder = EncoderFitter.Fit(definition, Texts.Training);
        var texts = Texts.Training.Select(text => Counts(encoder, text)).ToList();
        foreach (var query in Queries)
        {
            var expected = Weigh(encoder, texts, Counts(encoder, query));
            var found = encoder.Encode(query, encoder.CreateWorkspace());
            Assert.Equal(expected.Keys.Order().ToArray(), found.NgramIds.ToArray());
            for (var i = 0; i < found.NgramIds.Length; i++)
            {
                Assert.Equal(expected[found.NgramIds[i]], found.NgramWeights[i], 0.012); // idf has 254 levels
            }
        }
    }

    private static Dictionary<(int Id, int Kind), int> Counts(DescriptionEncoder encoder, string text)
    {
        var ngrams = encoder.Definition.Ngrams;
        var counts = new Dictionary<(int, int), int>();
        void Count(ulong hash, int bits, int origin, int kind)
        {
            var id = (int)(hash >> (64 - bits)) + origin;
            id = id == 0 ? 1 : id;
            counts[(id, kind)] = counts.GetValueOrDefault((id, kind)) + 1;
        }

        string Mask(string word, bool mask) => mask ? string.Concat(word.Select(c => char.IsAsciiDigit(c) ? '0' : c)) : word;
        var words = encoder.Trace(text).Select(token => token.Word).ToList();
        var masked = words.Select(word => Mask(word, ngrams.MaskWordDigits)).ToList();
        for (var i = 0; i < words.Count; i++)
        {
            Count(Hash(0x243F6A8885A308D3, masked[i]), ngrams.WordBits, 0, 0);
            if (i > 0)
            {
                var pair = (0x13198A2E03707345 ^ Hash(0x243F6A8885A308D3, masked[i - 1])) * 0x9E3779B97F4A7C15;
                Count(Finish((pair ^ Hash(0x243F6A8885A308D3, masked[i])) * 0x9E3779B97F4A7C15), ngrams.WordBits, 0, 1);
            }

            if (words[i].Any(char.IsAsciiDigit))
            {
                var number = words[i].All(char.IsAsciiDigit);
                var unit = number && i + 1 < words.Count && encoder.Definition.Units.Contains(words[i + 1]) ? words[i + 1] : "";
                var shape = number ? "#" + unit : System.Text.RegularExpressions.Regex.Replace(words[i], "[0-9]+", "#");
                Count(Hash(0xA4093822299F31D1, shape), ngrams.WordBits, 0, 2);
                var digits = words[i].Count(char.IsAsciiDigit);
                if (number ? digits >= 6 : digits >= 3 && words[i].Length >= 5)
                {
                    Count(Hash(0xA4093822299F31D1, "<part>"), ngrams.WordBits, 0, 2);
                }
            }

            var padded = $" {Mask(words[i], ngrams.MaskCharacterDigits)} ";
            for (var n = ngrams.CharacterMin; n <= ngrams.CharacterMax; n++)
            {
                for (var at = 0; at + n <= padded.Length; at++)
                {
                    Count(Hash(0x082EFA98EC4E6C89, padded.Substring(at, n)), ngrams.CharacterBits, 1 << ngrams.WordBits, 3);
                }
            }
        }

        return counts;
    }

    private static Dictionary<int, double> Weigh(DescriptionEncoder encoder, List<Dictionary<(int Id, int Kind), int>> texts, Dictionary<(int Id, int Kind), int> counts)
    {
        var ngrams = encoder.Definition.Ngrams;
        double[] kinds = [ngrams.WordWeight, ngrams.PairWeight, ngrams.ShapeWeight, 1];
        var weights = new Dictionary<int, double>();
        foreach (var ((id, kind), count) in counts)
        {
            var df = texts.Count(text => text.Keys.Any(key => key.Id == id));
            var seen = df >= (kind == 3 ? ngrams.CharacterMinTexts : ngrams.WordMinTexts);
            if (seen || !ngrams.DropUnseen)
            {
                var idf = Math.Log((1.0 + texts.Count) / (1 + (seen ? df : 0))) + 1;
                weights[id] = weights.GetValueOrDefault(id) + (kinds[kind] * (1 + Math.Log(count)) * idf);
            }
        }

        bool IsWord(int id) => id < 1 << ngrams.WordBits;
        double Length(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));
        var word = Length(weights.Where(w => IsWord(w.Key)).Select(w => w.Value));
        var character = Length(weights.Where(w => !IsWord(w.Key)).Select(w => w.Value));
        var scaled = weights.ToDictionary(w => w.Key, w => IsWord(w.Key) ? w.Value * ngrams.WordHalf / word : w.Value * ngrams.CharacterHalf / character);
        var kept = scaled.OrderByDescending(w => w.Value).ThenBy(w => w.Key).Take(ngrams.MaxFeatures).ToDictionary();
        var length = Length(kept.Values);
        return kept.ToDictionary(w => w.Key, w => w.Value / length);
    }

    private static ulong Hash(ulong seed, string text) => Finish(text.Aggregate(seed, (hash, c) => (hash ^ c) * 0x9E3779B97F4A7C15));

    private static ulong Finish(ulong h)
    {
        h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93;
        h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93;
        return h ^ (h >> 32);
    }
}
