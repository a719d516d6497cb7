using System.Globalization;
using System.Text;

namespace HsStream.Training.Catalogue;

/// <summary>Sizes, packing and article numbers, such as do not decide the code of the goods.</summary>
/// <remarks>No voltage beside transformers, no capacity beside engines, no weight beside cloth: the HS divides by those.</remarks>
internal static class Details
{
    private static readonly string[] Colours = ["black", "white", "red", "blue", "green", "grey", "beige", "brown", "navy", "pink", "asst colours", "blk", "wht"];
    private static readonly string[] Units = ["ctns", "ctn", "cartons", "pkgs", "boxes", "cases", "plts", "pallets"];
    private static readonly string[] Pieces = ["pcs", "pc", "sets", "units", "doz", "pkt", "prs"];
    private static readonly string[] Letters = ["s", "m", "l", "xl", "xxl", "s-xxl", "m/l", "28-38", "36-44"];

    public static void AppendSize(StringBuilder text, int chapter, SeededRandom random)
    {
        switch (chapter)
        {
            case <= 24 when random.Chance(0.5): Add(text, random.Between(1, 50), "kg"); break;
            case <= 24: Add(text, random.Between(1, 48), "x", 50 * random.Between(1, 20), "g"); break;
            case <= 38 when random.Chance(0.5): Add(text, 5 * random.Between(1, 10), "kg/drum"); break;
            case <= 38: text.Append("lot ").Append(CultureInfo.InvariantCulture, $"{random.Between(1000, 99999)}"); break;
            case <= 40 or 94 or 95 or 96 when random.Chance(0.6): Add(text, random.Between(5, 200), "x", random.Between(5, 200), "cm"); break;
            case 61 or 62 or 64 or 65 when random.Chance(0.6): text.Append("size ").Append(random.Pick(Letters)); break;
            case >= 44 and <= 49: Add(text, random.Between(10, 250), "x", random.Between(10, 250), "cm"); break;
            case >= 73 and <= 83 when random.Chance(0.4): text.Append(CultureInfo.InvariantCulture, $"m{random.Between(3, 24)}x{random.Between(10, 120)}"); break;
            case >= 72 and <= 83: Add(text, random.Between(2, 300), "mm"); break;
            case 85 when random.Chance(0.5): text.Append(random.Chance(0.5) ? "50hz" : "50/60hz"); break;
            case 71: Add(text, random.Between(1, 400), "g"); break;
            case >= 86 and <= 89: text.Append("yr ").Append(CultureInfo.InvariantCulture, $"{random.Between(2004, 2026)}"); break;
            default: text.Append(random.Pick(Colours)); break;
        }
    }

    public static void AppendPacking(StringBuilder text, SeededRandom random)
    {
        Add(text, random.Between(1, random.Chance(0.2) ? 900 : 60), random.Chance(0.5) ? " " : "");
        text.Append(random.Pick(Units));
        if (random.Chance(0.5))
        {
            text.Append(random.Chance(0.5) ? " x " : "x");
            Add(text, random.Between(2, 200), random.Chance(0.5) ? " " : "");
            text.Append(random.Pick(Pieces));
        }
    }

    public static void AppendContents(StringBuilder text, int brackets, SeededRandom random)
    {
        text.Append(brackets switch { 0 => "(", 1 => "[", 2 => "{", _ => "" });
        Add(text, random.Between(2, 144), "");
        text.Append(random.Pick(Pieces)).Append("/ctn");
        text.Append(brackets switch { 0 => ")", 1 => "]", 2 => "}", _ => "" });
    }

    public static void AppendModel(StringBuilder text, int style, SeededRandom random)
    {
        switch (style)
        {
            case 0: AppendLetters(text, random.Between(1, 3), random); Add(text, random.Between(10, 9999), "-"); Add(text, random.Between(1, 99), ""); break;
            case 1: text.Append("p/n "); Add(text, random.Between(1000, 99999), "-"); Add(text, random.Between(1000, 99999), ""); break;
            case 2: text.Append("ml no "); Add(text, random.Between(1, 999), ""); break;
            case 3: text.Append("art."); Add(text, random.Between(100, 99999), ""); break;
            default: AppendLetters(text, 2, random); Add(text, random.Between(100_000, 9_999_999), ""); AppendLetters(text, 1, random); break;
        }
    }

    private static void AppendLetters(StringBuilder text, int count, SeededRandom random)
    {
        for (var i = 0; i < count; i++) { text.Append((char)('a' + random.Below(26))); }
    }

    private static void Add(StringBuilder text, int number, string unit) => text.Append(CultureInfo.InvariantCulture, $"{number}").Append(unit);

    private static void Add(StringBuilder text, int first, string between, int second, string unit)
    {
        Add(text, first, between);
        Add(text, second, unit);
    }
}
