using System.Text;

namespace HsStream.Training.Catalogue;

/// <summary>Turns a trade phrase into what a shipper types. Not thread-safe.</summary>
/// <param name="noise">0 leaves phrases as they are, 1 is the worst.</param>
internal sealed class LineText(double noise)
{
    private static readonly string[] Conditions = ["used ", "used ", "2nd hand ", "new ", "brand new ", "recon "];
    private static readonly string[] SpokenConditions = ["used", "new", "second", "recon", "reconditioned", "refurbished", "unused", "scrap", "waste"];
    private static readonly string[] Notes = ["as per inv ", "po ", "ref ", "order no "];

    /// <summary>Half-way up, every kind of detail is as frequent as it gets; above that only the spelling gets worse.</summary>
    private readonly double _detail = Math.Min(1, noise * 2);
    private readonly StringBuilder _text = new(512);

    public string Compose(string[] words, int chapter, Shipper shipper, SeededRandom random)
    {
        _text.Clear();
        if (shipper.IsAlien) { ComposeKey(words, random); }
        else if (noise == 0) { _text.AppendJoin(' ', words); }
        else
        {
            ComposeLine(words, chapter, shipper, random);
            Recase(shipper.Case, random);
        }

        return _text.ToString();
    }

    private void ComposeLine(string[] words, int chapter, Shipper shipper, SeededRandom random)
    {
        var packs = random.Chance(_detail * shipper.PackingShare);
        if (packs && shipper.PacksFirst)
        {
            Details.AppendPacking(_text, random);
            _text.Append(random.Chance(0.4) ? " of " : " ");
        }

        if (CanBeUsed(chapter, words) && random.Chance(_detail * 0.2)) { _text.Append(random.Pick(Conditions)); }
        if (random.Chance(_detail * shipper.BrandShare)) { _text.Append(random.Pick(shipper.Brands)).Append(' '); }
        AppendWords(words, shipper, random);
        if (random.Chance(_detail * 0.3))
        {
            _text.Append(shipper.Separator);
            Details.AppendSize(_text, chapter, random);
        }

        if (random.Chance(_detail * shipper.ModelShare))
        {
            _text.Append(shipper.Separator);
            Details.AppendModel(_text, shipper.ModelStyle, random);
        }

        if (packs && !shipper.PacksFirst)
        {
            _text.Append(' ');
            Details.AppendContents(_text, shipper.Brackets, random);
        }

        if (random.Chance(_detail * 0.04)) { _text.Append(shipper.Separator).Append(random.Pick(Notes)).Append(random.Between(1000, 999_999)); }
    }

    private void AppendWords(string[] words, Shipper shipper, SeededRandom random)
    {
        var isInverted = words.Length > 1 && random.Chance(noise * 0.15);
        for (var i = 0; i < words.Length; i++)
        {
            if (i > 0 && !random.Chance(noise * 0.04)) { _text.Append(isInverted && i == 1 ? ", " : " "); }
            AppendWord(isInverted ? words[i == 0 ? ^1 : i - 1] : words[i], shipper, random);
        }
    }

    private void AppendWord(string word, Shipper shipper, SeededRandom random)
    {
        if (random.Chance(noise * shipper.Abbreviates * 0.6) && Abbreviations.Of(word) is { } shorter) { _text.Append(random.Pick(shorter)); }
        else if (word.Length >= 3 && random.Chance(noise * 0.08)) { Misspelling.Append(_text, word, random); }
        else if (word.Length >= 6 && random.Chance(noise * shipper.Abbreviates * 0.12)) { Misspelling.AppendWithoutVowels(_text, word); }
        else { _text.Append(word); }
    }

    /// <summary>"sku8123_brk_pads_front_axle_qty40".</summary>
    private void ComposeKey(string[] words, SeededRandom random)
    {
        _text.Append("sku").Append(random.Between(1000, 9999));
        foreach (var word in words)
        {
            _text.Append('_');
            if (word.Length >= 4 && random.Chance(0.6)) { Misspelling.AppendWithoutVowels(_text, word); } else { _text.Append(word); }
        }

        _text.Append("_qty").Append(random.Between(1, 400));
    }

    private void Recase(LetterCase style, SeededRandom random)
    {
        if (style == LetterCase.AsWritten) { return; }
        var isStart = true;
        var isUpper = true;
        for (var i = 0; i < _text.Length; i++)
        {
            var c = _text[i];
            if (isStart && style == LetterCase.Mixed) { isUpper = random.Chance(0.5); }
            if (style == LetterCase.Title ? isStart : isUpper) { _text[i] = char.ToUpperInvariant(c); }
            isStart = c == ' ';
        }
    }

    /// <summary>Machines, vehicles, instruments, furniture and toys; elsewhere "used" is another code (rags, retreaded tyres).</summary>
    private static bool CanBeUsed(int chapter, string[] words) => chapter is 84 or 85 or 87 or 90 or 92 or 94 or 95 && !words.Any(SpokenConditions.Contains);
}
