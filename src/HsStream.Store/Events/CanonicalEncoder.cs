using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace HsStream.Store.Events;

/// <summary>Makes the serialiser escape what <see cref="CanonicalJson"/> escapes, and nothing else.</summary>
internal sealed unsafe class CanonicalEncoder : JavaScriptEncoder
{
    public static CanonicalEncoder Instance { get; } = new();

    /// <summary>Quote, backslash and U+0000 to U+001F.</summary>
    public static SearchValues<char> Escaped { get; } = SearchValues.Create([.. Enumerable.Range(0, 32).Select(c => (char)c), '"', '\\']);

    public override int MaxOutputCharactersPerInputCharacter => 6;

    public override int FindFirstCharacterToEncode(char* text, int textLength) => new ReadOnlySpan<char>(text, textLength).IndexOfAny(Escaped);

    public override bool WillEncode(int unicodeScalar) => unicodeScalar < 128 && Escaped.Contains((char)unicodeScalar);

    public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        Span<char> text = stackalloc char[6];
        var length = WillEncode(unicodeScalar) ? Escape((char)unicodeScalar, text) : new Rune(unicodeScalar).EncodeToUtf16(text);
        numberOfCharactersWritten = 0;
        if (length > bufferLength) { return false; }
        text[..length].CopyTo(new Span<char>(buffer, bufferLength));
        numberOfCharactersWritten = length;
        return true;
    }

    /// <returns>Characters written, 6 at most.</returns>
    public static int Escape(char c, Span<char> text)
    {
        var mark = c switch { '"' => '"', '\\' => '\\', '\b' => 'b', '\f' => 'f', '\n' => 'n', '\r' => 'r', '\t' => 't', _ => '\0' };
        text[0] = '\\';
        if (mark != '\0')
        {
            text[1] = mark;
            return 2;
        }

        "u00".CopyTo(text[1..]);
        text[4] = "0123456789abcdef"[c >> 4];
        text[5] = "0123456789abcdef"[c & 15];
        return 6;
    }
}
