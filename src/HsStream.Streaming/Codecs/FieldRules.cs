using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;

namespace HsStream.Streaming.Codecs;

/// <summary>What a field of a readable record must be; every refusal names the field, what was expected and what arrived.</summary>
internal static class FieldRules
{
    private const int LongestShown = 40;

    // No shipment was described before the Harmonized System was in force, and a clock that is decades ahead is wrong.
    private static readonly DateTimeOffset Earliest = new(1988, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>1 to 200 characters, none of them a control character.</summary>
    public static string Id(string field, string value)
    {
        if (value.Length is 0 or > MessageLimits.MaxIdLength) { throw Invalid(field, $"1 to {MessageLimits.MaxIdLength} characters", $"{value.Length}"); }
        foreach (var c in value)
        {
            if (char.IsControl(c)) { throw Invalid(field, "no control characters", $"U+{(int)c:X4}"); }
        }

        return value;
    }

    public static string? OptionalId(string field, string? value) => value is null ? null : Id(field, value);

    public static string Text(string field, string value, int maxLength) =>
        value.Length <= maxLength ? value : throw Invalid(field, $"at most {maxLength} characters", $"{value.Length}");

    public static string? OptionalText(string field, string? value, int maxLength) => value is null ? null : Text(field, value, maxLength);

    /// <summary>Of the shapes that a hash of ours has; which bundle it is, if any, is for others to find out.</summary>
    public static string Required(string field, string value, int maxLength) =>
        value.Length > 0 ? Text(field, value, maxLength) : throw Invalid(field, "a text", "an empty one");

    public static DateTimeOffset Time(string field, long milliseconds)
    {
        var time = EpochTime.Clamp(milliseconds);
        return time >= Earliest && time < Latest ? time : throw Invalid(field, $"a time from {Earliest:yyyy} until {Latest:yyyy}", $"{milliseconds} ms since 1970");
    }

    public static double Share(string field, double value) =>
        value is >= 0 and <= 1 ? value : throw Invalid(field, "a number from 0 to 1", $"{value}");

    public static float Share(string field, float value) =>
        value is >= 0 and <= 1 ? value : throw Invalid(field, "a number from 0 to 1", $"{value}");

    public static long NotNegative(string field, long value) => value >= 0 ? value : throw Invalid(field, "0 or more", $"{value}");

    public static int NotNegative(string field, int value) => value >= 0 ? value : throw Invalid(field, "0 or more", $"{value}");

    public static NomenclatureEdition Edition(string field, string value)
    {
        foreach (var edition in NomenclatureEdition.All)
        {
            if (edition.Name == value) { return edition; }
        }

        throw Invalid(field, string.Join(" or ", NomenclatureEdition.All.Select(edition => edition.Name)), $"'{Show(value)}'");
    }

    /// <summary>Digits only, as many as the level has.</summary>
    public static HsCode Code(string field, ReadOnlySpan<byte> digits, HsLevel level)
    {
        var number = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9' || number > 99_999) { throw NoCode(field, digits, level); }
            number = (number * 10) + digit - '0';
        }

        if (digits.Length != (int)level) { throw NoCode(field, digits, level); }
        try
        {
            return HsCode.FromNumber(number, level);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw NoCode(field, digits, level);
        }
    }

    /// <summary>The code must be one of the edition.</summary>
    public static HsCode Known(string field, HsCode code, NomenclatureEdition edition) =>
        HsNomenclature.Of(edition).Contains(code) ? code : throw Invalid(field, $"a code of {edition}", HsNomenclature.Of(edition).Explain(code));

    public static RecordException Invalid(string field, string expected, string arrived) =>
        new(DeadLetterReasons.InvalidField, $"{field}: expected {expected}, got {arrived}");

    private static RecordException NoCode(string field, ReadOnlySpan<byte> digits, HsLevel level) =>
        Invalid(field, $"the {(int)level} digits of a {level.ToString().ToLowerInvariant()}", $"'{Show(System.Text.Encoding.UTF8.GetString(digits[..Math.Min(digits.Length, LongestShown)]))}'");

    private static string Show(string value)
    {
        var cut = value.Length > LongestShown ? value[..LongestShown] + "…" : value;
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c));
    }
}
