using System.Globalization;

namespace HsStream.Domain.Nomenclature;

/// <summary>A dated edition of the Harmonized System whose codes are known here.</summary>
public sealed record NomenclatureEdition
{
    /// <summary>HS 2028 replaces HS 2022 on this day (WCO Council recommendation of June 2025); its codes are not part of this release.</summary>
    public static readonly DateOnly Hs2028InForceFrom = new(2028, 1, 1);

    private NomenclatureEdition(int year, DateOnly from, DateOnly through) => (Year, InForceFrom, InForceThrough) = (year, from, through);

    public static NomenclatureEdition Hs2017 { get; } = new(2017, new(2017, 1, 1), new(2021, 12, 31));

    public static NomenclatureEdition Hs2022 { get; } = new(2022, new(2022, 1, 1), new(2027, 12, 31));

    /// <summary>Oldest first.</summary>
    public static IReadOnlyList<NomenclatureEdition> All { get; } = [Hs2017, Hs2022];

    public int Year { get; }

    public DateOnly InForceFrom { get; }

    /// <summary>The last day, inclusive.</summary>
    public DateOnly InForceThrough { get; }

    /// <summary>"HS2022", as it stands in records and files.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"HS{Year}");

    private static string Known => string.Join(" or ", All.Select(e => e.Name));

    /// <exception cref="NomenclatureException">The edition of that day has no codes here.</exception>
    public static NomenclatureEdition InForceOn(DateOnly day)
    {
        if (All.FirstOrDefault(e => e.InForceFrom <= day && day <= e.InForceThrough) is { } edition) { return edition; }
        var when = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        throw new NomenclatureException(day >= Hs2028InForceFrom
            ? $"On {when} HS2028 is in force, whose codes are not part of this release; expected a day up to {Last(Hs2022)}."
            : $"On {when} an edition before HS2017 was in force, whose codes are not part of this release; expected a day from {First(Hs2017)} on.");
    }

    /// <param name="text">"HS2022", "HS 2022", "hs-2022", "2022" or the United Nations' label "H6".</param>
    /// <exception cref="NomenclatureException">No such edition, or one without codes here.</exception>
    public static NomenclatureEdition Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var plain = string.Concat(text.Where(char.IsLetterOrDigit)).ToUpperInvariant();
        return plain switch
        {
            "HS2017" or "2017" or "H5" => Hs2017,
            "HS2022" or "2022" or "H6" => Hs2022,
            "HS2028" or "2028" or "H7" => throw new NomenclatureException(
                $"HS2028 comes into force on {Hs2028InForceFrom.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}; its codes are not part of this release. Expected {Known}."),
            _ => throw new NomenclatureException($"Expected the edition {Known}, got '{text}'."),
        };
    }

    public override string ToString() => Name;

    private static string First(NomenclatureEdition edition) => edition.InForceFrom.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Last(NomenclatureEdition edition) => edition.InForceThrough.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
