using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace HsStream.Domain.Nomenclature;

/// <summary>A chapter, heading or subheading of the Harmonized System, well-formed but of no particular edition.</summary>
/// <remarks>
/// Four bytes. Sorts like its digits: 87, 8712, 871200, 8713. Which codes exist is the edition's to say
/// (<see cref="HsNomenclature.Contains"/>). The default value is no code and formats as "".
/// </remarks>
public readonly struct HsCode : IEquatable<HsCode>, IComparable<HsCode>, ISpanFormattable, ISpanParsable<HsCode>
{
    // Six digits, padded with zeros on the right, times four, plus half the number of digits.
    private readonly int _packed;

    private HsCode(int packed) => _packed = packed;

    public HsLevel Level => (HsLevel)((_packed & 3) * 2);

    /// <summary>The digits as a number, without leading zeros: 101 for heading 0101.</summary>
    public int Number => Padded / Scale(Level);

    public HsCode Chapter => AtLevel(HsLevel.Chapter);

    /// <exception cref="InvalidOperationException">This is a chapter.</exception>
    public HsCode Heading => AtLevel(HsLevel.Heading);

    /// <summary>One level up; null for a chapter.</summary>
    public HsCode? Parent => Level switch
    {
        HsLevel.Subheading => AtLevel(HsLevel.Heading),
        HsLevel.Heading => AtLevel(HsLevel.Chapter),
        _ => null,
    };

    private int Padded => _packed >> 2;

    /// <param name="number">1 to 99, 101 to 9999 or 10100 to 999999, by level.</param>
    /// <exception cref="ArgumentOutOfRangeException">No code of that level has this number.</exception>
    public static HsCode FromNumber(int number, HsLevel level) =>
        TryCreate(number, level, out var code) ? code
        : throw new ArgumentOutOfRangeException(nameof(number), number, $"Expected the number of a {level}, of at most {(int)level} digits.");

    /// <summary>Reads any usual spelling of 2, 4, 6 or more digits and cuts it to six; see <see cref="HsCodeReading"/>.</summary>
    /// <exception cref="FormatException">It says what was expected and what arrived.</exception>
    public static HsCode Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text.AsSpan());
    }

    public static HsCode Parse(ReadOnlySpan<char> text) => HsCodeReading.Read(text, HsCodeReading.Strict) switch
    {
        { Error: null } read => read.Code,
        var read => throw new FormatException(read.Error),
    };

    public static bool TryParse(ReadOnlySpan<char> text, out HsCode code)
    {
        var read = HsCodeReading.Read(text, HsCodeReading.Strict);
        code = read.Code;
        return read.Error is null;
    }

    static HsCode IParsable<HsCode>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<HsCode>.TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out HsCode result) => TryParse(s, out result);

    static HsCode ISpanParsable<HsCode>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    static bool ISpanParsable<HsCode>.TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out HsCode result) => TryParse(s, out result);

    /// <exception cref="InvalidOperationException">This code is above <paramref name="level"/>.</exception>
    public HsCode AtLevel(HsLevel level)
    {
        if (level > Level || level == HsLevel.None) { throw new InvalidOperationException($"Expected a {level} or a code below one, got '{this}'."); }
        var scale = Scale(level);
        return Pack(Padded / scale * scale, level);
    }

    /// <summary>True for the code itself too.</summary>
    public bool IsWithin(HsCode ancestor) =>
        ancestor.Level != HsLevel.None && Level >= ancestor.Level && AtLevel(ancestor.Level) == ancestor;

    public bool Equals(HsCode other) => _packed == other._packed;

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is HsCode other && Equals(other);

    public override int GetHashCode() => _packed;

    public int CompareTo(HsCode other) => _packed.CompareTo(other._packed);

    /// <returns>Digits only: "871200".</returns>
    public override string ToString() => ToString(null, null);

    /// <param name="format">"G" or null for digits only ("871200"), "D" for the dotted form ("8712.00").</param>
    public string ToString(string? format, IFormatProvider? formatProvider = null)
    {
        Span<char> buffer = stackalloc char[7];
        TryFormat(buffer, out var length, format);
        return new string(buffer[..length]);
    }

    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null)
    {
        if (format is not ("" or "G" or "D")) { throw new FormatException($"Expected the format G or D, got '{format}'."); }
        var isDotted = format is "D" && Level == HsLevel.Subheading;
        var length = (int)Level + (isDotted ? 1 : 0);
        charsWritten = 0;
        if (destination.Length < length) { return false; }
        if (length == 0) { return true; }
        Span<char> digits = stackalloc char[6];
        Padded.TryFormat(digits, out _, "D6", CultureInfo.InvariantCulture);
        digits[..Math.Min(length, isDotted ? 4 : 6)].CopyTo(destination);
        if (isDotted)
        {
            destination[4] = '.';
            digits[4..].CopyTo(destination[5..]);
        }

        charsWritten = length;
        return true;
    }

    public static bool operator ==(HsCode left, HsCode right) => left.Equals(right);

    public static bool operator !=(HsCode left, HsCode right) => !left.Equals(right);

    public static bool operator <(HsCode left, HsCode right) => left.CompareTo(right) < 0;

    public static bool operator >(HsCode left, HsCode right) => left.CompareTo(right) > 0;

    public static bool operator <=(HsCode left, HsCode right) => left.CompareTo(right) <= 0;

    public static bool operator >=(HsCode left, HsCode right) => left.CompareTo(right) >= 0;

    /// <summary>False when the digits cannot be a code: no chapter is 00 and no heading ends in 00.</summary>
    internal static bool TryCreate(int number, HsLevel level, out HsCode code)
    {
        code = default;
        if (level is not (HsLevel.Chapter or HsLevel.Heading or HsLevel.Subheading)) { return false; }
        var padded = (long)number * Scale(level);
        if (padded is < 10_000 or > 999_999) { return false; }
        if (level != HsLevel.Chapter && padded / 100 % 100 == 0) { return false; }
        code = Pack((int)padded, level);
        return true;
    }

    private static HsCode Pack(int padded, HsLevel level) => new((padded << 2) | ((int)level / 2));

    private static int Scale(HsLevel level) => level switch
    {
        HsLevel.Chapter => 10_000,
        HsLevel.Heading => 100,
        _ => 1,
    };
}
