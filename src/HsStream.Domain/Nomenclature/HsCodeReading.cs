using System.Globalization;
using System.Text;

namespace HsStream.Domain.Nomenclature;

/// <summary>How spellings of codes are read.</summary>
/// <param name="RestoresLeadingZero">
/// A spreadsheet that took codes for numbers wrote 10121 or 10121.0 for 010121. Then an odd number of digits gets its zero back,
/// with a note. Off by default: some countries' full codes have 9 or 11 digits.
/// </param>
/// <remarks>
/// Digits may be of any script (full-width ones are common in East Asian files). Dots, spaces, hyphens and slashes may stand after
/// the 2nd, the 4th and from the 6th digit on. The HS ends after six digits; the country's own digits behind them are returned apart.
/// </remarks>
public readonly record struct HsCodeReading(bool RestoresLeadingZero)
{
    /// <summary>Longest national code known has 13 digits (China's); more is not a code.</summary>
    private const int MaxDigits = 14;

    private const int LongestShown = 24;

    public static HsCodeReading Strict { get; } = new(RestoresLeadingZero: false);

    public static HsCodeReading Lenient { get; } = new(RestoresLeadingZero: true);

    public static HsCodeRead Read(ReadOnlySpan<char> text, HsCodeReading reading)
    {
        var trimmed = text.Trim();
        if (trimmed.StartsWith('\'')) { trimmed = trimmed[1..]; }       // a spreadsheet's sign for "this is text"
        if (trimmed.IsEmpty) { return Fail(text, "is empty"); }
        var isDecimal = reading.RestoresLeadingZero && EndsAsDecimal(trimmed);
        if (isDecimal) { trimmed = trimmed[..^2]; }

        Span<char> digits = stackalloc char[MaxDigits + 1];
        var count = 0;
        var firstSeparator = -1;
        var isAfterSeparator = true;
        Span<int> separators = stackalloc int[MaxDigits + 1];
        var separatorCount = 0;
        foreach (var c in trimmed)
        {
            if (CharUnicodeInfo.GetDecimalDigitValue(c) is var digit and >= 0)
            {
                if (count == MaxDigits) { return Fail(text, $"has more than {MaxDigits} digits"); }
                digits[1 + count++] = (char)('0' + digit);
                isAfterSeparator = false;
            }
            else if (IsSeparator(c))
            {
                if (isAfterSeparator && !char.IsWhiteSpace(c)) { return Fail(text, "has a separator without a digit before it"); }
                if (!isAfterSeparator) { separators[separatorCount++] = count; }
                if (firstSeparator < 0) { firstSeparator = count; }
                isAfterSeparator = true;
            }
            else
            {
                return Fail(text, $"holds {Show(c)}, which is no digit");
            }
        }

        if (isAfterSeparator) { return Fail(text, "ends in a separator"); }
        var lacksZero = reading.RestoresLeadingZero && (firstSeparator > 0 ? firstSeparator : count) % 2 == 1;
        var start = lacksZero ? 0 : 1;
        digits[0] = '0';
        count += lacksZero ? 1 : 0;
        var all = digits.Slice(start, count);
        foreach (var position in separators[..separatorCount])
        {
            if (position + (lacksZero ? 1 : 0) is 1 or 3 or 5) { return Fail(text, "has a separator inside a pair of digits"); }
        }

        if (count is 1 or 3 or 5)
        {
            return Fail(text, $"has {(count == 1 ? "1 digit" : $"{count} digits")}{(reading.RestoresLeadingZero ? "" : "; a spreadsheet may have dropped a leading zero")}");
        }

        var level = (HsLevel)Math.Min(count, 6);
        if (!HsCode.TryCreate(int.Parse(all[..(int)level], NumberStyles.None, CultureInfo.InvariantCulture), level, out var code))
        {
            return Fail(text, all[..2] is "00" ? "starts with 00, and there is no chapter 00" : $"names heading {all[..4]}, and no heading ends in 00");
        }

        return new HsCodeRead(code, new string(all[(int)level..]), lacksZero || isDecimal ? Note(text, code, lacksZero) : null, null);
    }

    private static string Note(ReadOnlySpan<char> text, HsCode code, bool lacksZero) =>
        lacksZero ? $"'{text.Trim()}' taken as {code}: leading zero restored" : $"'{text.Trim()}' taken as {code}: decimal part dropped";

    private static HsCodeRead Fail(ReadOnlySpan<char> text, string problem) =>
        new(default, "", null, $"'{Shorten(text)}' {problem}; expected an HS code of 2, 4, 6 or more digits, such as 8712.00");

    /// <summary>"10121.0": a number printed with a decimal part. "8712.0" may as well be 8712.00 cut short, so it is neither.</summary>
    private static bool EndsAsDecimal(ReadOnlySpan<char> text) =>
        text.Length >= 3 && text.Length != 6 && text[^2] is '.' && text[^1] is '0' && !text[..^2].ContainsAnyExceptInRange('0', '9');

    private static bool IsSeparator(char c) =>
        c is '.' or '-' or '/' or '_' or '\u2010' or '\u2011' or '\u2012' or '\u2013' or '\u00B7' or '\u3002' or '\uFF0E' or '\uFF0D' or '\uFF0F' || (char.IsWhiteSpace(c) && !char.IsControl(c));

    private static string Shorten(ReadOnlySpan<char> text)
    {
        var shown = new StringBuilder();
        foreach (var c in text[..Math.Min(text.Length, LongestShown)]) { shown.Append(char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c); }
        return (text.Length > LongestShown ? shown.Append('\u2026') : shown).ToString();
    }

    private static string Show(char c) =>
        char.IsControl(c) || char.IsSurrogate(c) || c == '\uFFFD' ? string.Create(CultureInfo.InvariantCulture, $"U+{(int)c:X4}") : $"'{c}'";
}
