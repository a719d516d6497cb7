using System.Globalization;

namespace HsStream.Benchmarks.Scoring;

/// <summary>Seeded shipment lines of about forty characters, made up from trade words.</summary>
internal static class BenchmarkTexts
{
    private static readonly string[] Goods =
    [
        "COTTON T-SHIRTS", "steel hex bolt", "ROASTED COFFEE BEANS", "LED lamp", "PLASTIC BOTTLE", "brake pads", "WOODEN CHAIR", "rice", "USED BICYCLE",
        "laptop computer", "ceramic tiles", "rubber gasket", "PAPER BAGS", "diesel filter", "sunflower oil", "glass jar", "ladies shoes", "water pump",
        "copper wire", "PVC pipe fitting", "toys assorted", "frozen fish", "electric motor", "wall clock", "tomato paste", "bed sheets", "hand tools", "tyres",
    ];

    private static readonly string[] Details = ["BLUE", "new", "assorted", "for trucks", "heavy duty", "mixed", "grade A", "spare parts of", "size", "brand X"];
    private static readonly string[] Units = ["KG", "ml", "PCS", "cm", "ctns", "L", "W", "V", "mm", "bags"];

    public static string[] Lines(int count, int seed = 1)
    {
        var random = new Random(seed);
        var lines = new string[count];
        for (var i = 0; i < count; i++)
        {
            var part = random.Next(3) switch
            {
                0 => string.Create(CultureInfo.InvariantCulture, $"{random.Next(1, 500)}{Pick(Units, random)}"),
                1 => string.Create(CultureInfo.InvariantCulture, $"{(char)('A' + random.Next(26))}{(char)('A' + random.Next(26))}-{random.Next(100, 99999)}"),
                _ => string.Create(CultureInfo.InvariantCulture, $"({random.Next(1, 60)} x {random.Next(1, 60)})"),
            };
            lines[i] = random.Next(2) == 0
                ? $"{Pick(Goods, random)} {Pick(Details, random)}, {part}"
                : $"{part} {Pick(Details, random)} {Pick(Goods, random)} & {Pick(Goods, random)}";
        }

        return lines;
    }

    private static string Pick(string[] words, Random random) => words[random.Next(words.Length)];
}
