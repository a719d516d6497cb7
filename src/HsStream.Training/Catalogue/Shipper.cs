namespace HsStream.Training.Catalogue;

internal enum LetterCase { Upper, AsWritten, Title, Mixed }

/// <summary>Who sends goods, which goods, and how that house writes.</summary>
internal sealed class Shipper
{
    private static readonly string[] Syllables =
        ["al", "an", "ar", "bel", "bo", "cor", "da", "del", "do", "en", "fa", "gal", "go", "hel", "in", "ka", "kor", "la", "lin", "lo", "mar", "mi", "nor", "o", "pa", "qua", "ra", "sa", "so", "tan", "ti", "tor", "u", "va", "vex", "wen", "xo", "ya", "zen", "zi"];

    private readonly (string Text, int Entry, ScenarioKinds Kinds)[] _sent = new (string, int, ScenarioKinds)[32];
    private int _sentCount;

    public Shipper(string name, SeededRandom random, int[] goods)
    {
        Name = name;
        Goods = goods;
        Case = random.Below(20) switch { < 15 => LetterCase.Upper, < 17 => LetterCase.AsWritten, < 19 => LetterCase.Title, _ => LetterCase.Mixed };
        Abbreviates = random.Fraction();
        BrandShare = random.Fraction() * 0.5;
        ModelShare = random.Fraction() * 0.6;
        PackingShare = random.Fraction() * 0.7;
        PacksFirst = random.Chance(0.4);
        Brackets = random.Below(4);
        ModelStyle = random.Below(5);
        Separator = random.Pick([" ", " ", " ", ", ", " - ", " / "]);
        Brands = [.. Enumerable.Range(0, 3).Select(_ => Brand(random))];
    }

    public string Name { get; }

    /// <summary>Entries of the catalogue that this shipper mostly deals in; one that stands twice is drawn twice as often.</summary>
    public int[] Goods { get; }

    public LetterCase Case { get; }

    public double Abbreviates { get; }

    public double BrandShare { get; }

    public double ModelShare { get; }

    public double PackingShare { get; }

    public bool PacksFirst { get; }

    public int Brackets { get; }

    public int ModelStyle { get; }

    public string Separator { get; }

    public string[] Brands { get; }

    /// <summary>The house writes article keys, lower case, words joined by underscores: unlike any other.</summary>
    public bool IsAlien { get; init; }

    public void Remember(string text, int entry, ScenarioKinds kinds) => _sent[_sentCount++ % _sent.Length] = (text, entry, kinds);

    public bool TryRecall(SeededRandom random, out (string Text, int Entry, ScenarioKinds Kinds) item)
    {
        item = _sentCount == 0 ? default : _sent[random.Below(Math.Min(_sentCount, _sent.Length))];
        return _sentCount > 0;
    }

    private static string Brand(SeededRandom random) =>
        string.Concat(Enumerable.Range(0, random.Between(2, 3)).Select(_ => random.Pick(Syllables)));
}
