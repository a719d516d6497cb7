using System.Globalization;
using HsStream.Training.Catalogue;

namespace HsStream.Chaos.Pipeline.Load;

/// <summary>The records of a run: shipment lines, some of them repeated, revised, stamped with a time far away, or poison. The same seed, the same records.</summary>
internal sealed class LoadPlan(DescriptionEncoding encoding, int seed, string prefix, double poisonShare = 0.01)
{
    private const int Remembered = 1000;
    private const long Year1971 = 31_536_000_000;

    private readonly PoisonRecords _poison = new(encoding);

    public IEnumerable<LoadRecord> Records(int count)
    {
        var random = new Random(seed);
        var lines = new ShipmentGenerator(ProductCatalogue.Shipped, new GeneratorOptions { Seed = (ulong)seed, ExpectedCount = Math.Max(count, 1) });
        var recent = new List<(string Id, string Text)>(Remembered);
        for (var n = 0; n < count; n++)
        {
            var text = lines.Next().Description;
            var id = string.Create(CultureInfo.InvariantCulture, $"{prefix}{n}");
            // Every kind of poison is there even in a short run.
            if (random.NextDouble() < poisonShare || (poisonShare > 0 && n % 100 == 50 && n / 100 < PoisonRecords.Kinds))
            {
                yield return _poison.Make(n % 100 == 50 && n / 100 < PoisonRecords.Kinds ? n / 100 : random.Next(PoisonRecords.Kinds), id, text);
                continue;
            }

            var kind = random.Next(100);
            if (kind < 15 && recent.Count > 0)
            {
                // The same text again, or another text under a known id.
                var at = random.Next(recent.Count);
                var known = recent[at];
                (id, text) = (known.Id, kind < 7 ? known.Text : text);
                recent[at] = (id, text);
            }
            else if (recent.Count < Remembered)
            {
                recent.Add((id, text));
            }
            else
            {
                recent[random.Next(Remembered)] = (id, text);
            }

            yield return new LoadRecord(id, encoding.Encode(id, text, null), null, random.Next(200) == 0 ? Year1971 : null);
        }
    }
}
