using System.Security.Cryptography;
using System.Text;

namespace HsStream.Training.Datasets.Splits;

/// <summary>When two descriptions count as the same text, so that one of them can never be learnt from and the other asked.</summary>
/// <remarks>Its results name rows of published splits: a change here changes every measured figure.</remarks>
public static class DescriptionKey
{
    /// <summary>Lower case; a run of anything but ASCII letters, digits, &lt;, &gt; and % is one space; none at the ends.</summary>
    public static string Normalise(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var plain = new StringBuilder(text.Length);
        var isGap = false;
        foreach (var c in text)
        {
            var kept = c switch
            {
                >= 'A' and <= 'Z' => (char)(c | 0x20),
                '\u212A' => 'k',       // the Kelvin sign and the capital I with a dot are
                '\u0130' => 'i',       // the only others whose lower case is an ASCII letter
                >= 'a' and <= 'z' or >= '0' and <= '9' or '<' or '>' or '%' => c,
                _ => '\0',
            };
            if (kept == '\0')
            {
                isGap = true;
                continue;
            }

            if (isGap && plain.Length > 0) { plain.Append(' '); }
            plain.Append(kept);
            isGap = c == '\u0130';     // its dot is a character of its own in lower case
        }

        return plain.ToString();
    }

    /// <summary>The normalised text with every run of digits as one #: lines that differ in amounts and sizes only are the same.</summary>
    public static string Of(string text)
    {
        var normalised = Normalise(text);
        var key = new StringBuilder(normalised.Length);
        foreach (var c in normalised)
        {
            if (!char.IsAsciiDigit(c)) { key.Append(c); }
            else if (key.Length == 0 || key[^1] != '#') { key.Append('#'); }
        }

        return key.ToString();
    }

    /// <summary>0 to 9, evenly over keys and the same on every machine: the key's SHA-256 as one large number, modulo 10.</summary>
    public static int Tenth(string key)
    {
        var tenth = 0;
        foreach (var b in SHA256.HashData(Encoding.UTF8.GetBytes(key))) { tenth = ((tenth * 256) + b) % 10; }
        return tenth;
    }
}
