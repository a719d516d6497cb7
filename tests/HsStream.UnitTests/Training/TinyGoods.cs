using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Features;
using HsStream.Training.Fitting;
using HsStream.Training.Networks;

namespace HsStream.UnitTests.Training;

/// <summary>Made-up goods for tests: short lines of made-up words, some of which tell the subheading, and a small encoder.</summary>
internal static class TinyGoods
{
    private static readonly string[] Syllables = ["ka", "lo", "mi", "ru", "ten", "sta", "bel", "vor", "qui", "zan"];

    public static LabelHierarchy Labels { get; } = new(
        ((string[])["010121", "010129", "010221", "020110", "020120", "851712", "851713", "852812", "870321", "870322", "940360", "950300"]).Select(HsCode.Parse));

    public static EncoderDefinition Definition { get; } = new()
    {
        Ngrams = new() { WordBits = 9, CharacterBits = 10, CharacterMinTexts = 1, Widths = [32, 64, 128] },
        Tokens = new() { Vocabulary = 200, MinTexts = 1, PieceBuckets = 32, Widths = [4, 8, 16] },
    };

    public static DescriptionEncoder Encoder { get; } = EncoderFitter.Fit(Definition, Texts(400, 1).Select(t => t.Text));

    public static NetworkInputs Inputs { get; } = NetworkInputs.Of(Definition);

    /// <summary>Every label has three words that are its own; a line holds one or two of them among others. Every 50th line is empty.</summary>
    public static IEnumerable<(string Text, int Label)> Texts(int count, long seed)
    {
        var random = SeededRandom.For(seed, 99);
        for (var i = 0; i < count; i++)
        {
            var label = random.Next(Labels.Codes.Count);
            var words = new List<string>();
            for (var n = random.Next(9); n >= 0; n--) { words.Add(Word(1000 + random.Next(60))); }
            words.Insert(random.Next(words.Count + 1), Word((label * 3) + random.Next(3)));
            yield return (i % 50 == 49 ? "" : string.Join(' ', words), label);
        }
    }

    public static EncodedRows Rows(int count, long seed) => EncodedRows.Encode(Encoder, Texts(count, seed).Select(t => t.Text));

    public static LabelledRows Data(int count, long seed) => new(Rows(count, seed), [.. Texts(count, seed).Select(t => t.Label)]);

    private static string Word(int number) => Syllables[number % 10] + Syllables[number / 10 % 10] + (number >= 100 ? Syllables[number / 100 % 10] : "");
}
