using System.Globalization;
using System.Text;

namespace HsStream.Store.Events;

/// <summary>The one spelling of a number: plain decimal digits, no exponent, no needless zeros, no sign on zero.</summary>
/// <remarks>jsonb keeps a number's value exactly but not its spelling: 1E-05 becomes 0.00001, and 1.50 stays 1.50.</remarks>
public static class CanonicalNumber
{
    /// <summary>Longest exponent that is written out; a double needs 324.</summary>
    private const int MaxExponent = 5_000;

    /// <param name="number">A number of JSON, ASCII.</param>
    /// <exception cref="FormatException">It is none, or its exponent is beyond any number stored here.</exception>
    public static string Format(ReadOnlySpan<byte> number)
    {
        // The common case: digits alone.
        if (number.Length is > 0 and < 19 && number.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && (number[0] != '0' || number.Length == 1))
        {
            return Encoding.ASCII.GetString(number);
        }

        return Format(Encoding.ASCII.GetString(number));
    }

    public static string Format(string number)
    {
        var isNegative = number.StartsWith('-');
        var mantissa = isNegative ? number[1..] : number;
        var exponent = 0;
        if (mantissa.IndexOfAny(['e', 'E']) is >= 0 and var e)
        {
            exponent = int.Parse(mantissa.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            mantissa = mantissa[..e];
        }

        if (exponent is < -MaxExponent or > MaxExponent) { throw new FormatException($"Expected an exponent within {MaxExponent}, got '{number}'."); }
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = point < 0 ? mantissa : mantissa.Remove(point, 1);
        if (digits.Length == 0 || digits.AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0) { throw new FormatException($"Expected a number, got '{number}'."); }

        // The value is 0.digits times 10 to the power of scale.
        var scale = (point < 0 ? digits.Length : point) + exponent;
        var leading = digits.AsSpan().IndexOfAnyExcept('0');
        if (leading < 0) { return "0"; }
        digits = digits[leading..].TrimEnd('0');
        scale -= leading;
        var plain = scale <= 0 ? "0." + new string('0', -scale) + digits
            : scale >= digits.Length ? digits + new string('0', scale - digits.Length)
            : digits[..scale] + "." + digits[scale..];
        return isNegative ? "-" + plain : plain;
    }

    /// <returns>The shortest digits that read back as the same bits (-0 reads back as 0).</returns>
    /// <exception cref="ArgumentOutOfRangeException">Not finite.</exception>
    public static string Format(float value) => float.IsFinite(value) ? Format(value.ToString("R", CultureInfo.InvariantCulture))
        : throw new ArgumentOutOfRangeException(nameof(value), value, "Expected a finite number.");

    /// <inheritdoc cref="Format(float)"/>
    public static string Format(double value) => double.IsFinite(value) ? Format(value.ToString("R", CultureInfo.InvariantCulture))
        : throw new ArgumentOutOfRangeException(nameof(value), value, "Expected a finite number.");
}
