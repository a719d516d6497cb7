using System.Globalization;
using System.Text;

namespace HsStream.Store.Events;

/// <summary>Carries any .NET string through jsonb, which refuses U+0000 and lone surrogates.</summary>
/// <remarks>Those, and the escape character U+001B itself, become U+001B and four hexadecimal digits. Everything else stays as it is.</remarks>
public static class SafeText
{
    private const char Escape = '\u001b';

    public static string Encode(string text)
    {
        var at = FirstUnsafe(text);
        if (at < 0) { return text; }
        var safe = new StringBuilder(text.Length + 16).Append(text, 0, at);
        for (var i = at; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) { safe.Append(c).Append(text[++i]); }
            else if (IsUnsafe(c)) { safe.Append(Escape).Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)); }
            else { safe.Append(c); }
        }

        return safe.ToString();
    }

    /// <summary>The inverse of <see cref="Encode"/>; what was never encoded comes back as far as it can be read.</summary>
    public static string Decode(string text)
    {
        var at = text.IndexOf(Escape, StringComparison.Ordinal);
        if (at < 0) { return text; }
        var plain = new StringBuilder(text.Length).Append(text, 0, at);
        for (var i = at; i < text.Length; i++)
        {
            if (text[i] == Escape && i + 4 < text.Length
                && ushort.TryParse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                plain.Append((char)code);
                i += 4;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }

    /// <summary>True when PostgreSQL can store the string as text as it is.</summary>
    public static bool IsStorable(string text) => FirstUnsafe(text) < 0;

    private static int FirstUnsafe(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is not ('\0' or Escape) && !char.IsSurrogate(c)) { continue; }
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) { i++; }
            else { return i; }
        }

        return -1;
    }

    private static bool IsUnsafe(char c) => c is '\0' or Escape || char.IsSurrogate(c);
}
