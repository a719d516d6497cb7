using System.Collections.Frozen;

namespace HsStream.Domain.Nomenclature;

/// <summary>All codes of one edition, with their titles in our own words. Immutable; shared by all threads.</summary>
/// <remarks>
/// Chapters 01 to 97 without 77, which the HS keeps free; 98 and 99 belong to countries and statistical offices.
/// Titles are written for HS 2022 and serve HS 2017 where a code went unchanged from one to the other.
/// </remarks>
public sealed class HsNomenclature
{
    private static readonly Lazy<HsNomenclature> Of2017 = new(() => Load(NomenclatureEdition.Hs2017));
    private static readonly Lazy<HsNomenclature> Of2022 = new(() => Load(NomenclatureEdition.Hs2022));

    private readonly HsCode[] _all;
    private readonly FrozenSet<HsCode> _valid;
    private readonly FrozenDictionary<HsCode, string> _titles;

    private HsNomenclature(NomenclatureEdition edition, HsCode[] subheadings, FrozenDictionary<HsCode, string> titles)
    {
        Edition = edition;
        Subheadings = subheadings;
        Headings = [.. subheadings.Select(c => c.Heading).Distinct()];
        Chapters = [.. subheadings.Select(c => c.Chapter).Distinct()];
        _all = [.. Subheadings, .. Headings, .. Chapters];
        Array.Sort(_all);
        _valid = _all.ToFrozenSet();
        _titles = titles;
    }

    public NomenclatureEdition Edition { get; }

    /// <summary>Ascending, as are <see cref="Headings"/> and <see cref="Chapters"/>.</summary>
    public IReadOnlyList<HsCode> Subheadings { get; }

    public IReadOnlyList<HsCode> Headings { get; }

    public IReadOnlyList<HsCode> Chapters { get; }

    /// <summary>Codes of every level, each chapter and heading before what it holds.</summary>
    public IReadOnlyList<HsCode> All => _all;

    public static HsNomenclature Of(NomenclatureEdition edition) => edition.Year == 2017 ? Of2017.Value : Of2022.Value;

    public bool Contains(HsCode code) => _valid.Contains(code);

    /// <returns>The code itself.</returns>
    /// <exception cref="NomenclatureException">The edition has no such code; the message names what might have been meant.</exception>
    public HsCode Require(HsCode code) => Contains(code) ? code : throw new NomenclatureException(Explain(code));

    /// <summary>Headings of a chapter, subheadings of a heading, nothing below a subheading; ascending.</summary>
    public IReadOnlyList<HsCode> Children(HsCode code)
    {
        var level = (HsLevel)((int)code.Level + 2);
        return [.. Within(code).Where(c => c.Level == level)];
    }

    /// <summary>Subheadings below a code, or the subheading itself; ascending, empty when the edition lacks the code.</summary>
    public IReadOnlyList<HsCode> SubheadingsWithin(HsCode code) => [.. Within(code).Where(c => c.Level == HsLevel.Subheading)];

    /// <summary>Title of the code, or of the nearest code above it that has one.</summary>
    /// <returns>Null when nothing above it has a title either.</returns>
    public HsTitle? Title(HsCode code)
    {
        for (HsCode? c = code; c is { } at && at.Level != HsLevel.None; c = at.Parent)
        {
            if (_titles.TryGetValue(at, out var text)) { return new HsTitle(at, text); }
        }

        return null;
    }

    /// <summary>Codes of the same level that are easily written instead of this one, the likeliest first.</summary>
    public IReadOnlyList<HsCode> Nearest(HsCode code, int count) => NearestCodes.Find(_all, code, count);

    /// <summary>Why this edition lacks the code, with what another edition says or which codes are near.</summary>
    public string Explain(HsCode code)
    {
        if (code.Level == HsLevel.None) { return $"Expected a code of {Edition}, got none."; }
        var missing = $"{code.ToString("D")} is not a code of {Edition}";
        foreach (var other in NomenclatureEdition.All.Where(e => e != Edition && Of(e).Contains(code)))
        {
            var counterparts = Correlation.Convert(code, other, Edition).Candidates;
            return counterparts.Count == 0 ? $"{missing}; it is one of {other}, without a counterpart"
                : $"{missing}; it is one of {other} and became {List(counterparts.Take(5))}{(counterparts.Count > 5 ? $" or {counterparts.Count - 5} more" : "")}";
        }

        if (!Contains(code.Chapter)) { return $"{missing}: there is no chapter {code.Chapter}"; }
        var near = Nearest(code, 3);
        return near.Count == 0 ? missing : $"{missing}; did you mean {List(near)}?";
    }

    private static string List(IEnumerable<HsCode> codes)
    {
        var texts = codes.Select(c => c.ToString("D")).ToList();
        return texts.Count < 2 ? string.Concat(texts) : $"{string.Join(", ", texts.SkipLast(1))} or {texts[^1]}";
    }

    private static HsNomenclature Load(NomenclatureEdition edition)
    {
        var subheadings = Facts.Subheadings(edition).ToArray();
        var titles = HsTitles.Read();
        return new HsNomenclature(edition, subheadings, edition == NomenclatureEdition.Hs2022 ? titles : HsTitles.For2017(titles));
    }

    /// <summary>Everything below a code stands right behind it.</summary>
    private IEnumerable<HsCode> Within(HsCode code)
    {
        var at = Array.BinarySearch(_all, code);
        for (var i = at; i >= 0 && i < _all.Length && _all[i].IsWithin(code); i++) { yield return _all[i]; }
    }
}
