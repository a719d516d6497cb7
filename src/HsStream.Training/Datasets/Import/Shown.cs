using System.Buffers;
using System.Globalization;
using System.Text;

namespace HsStream.Training.Datasets.Import;

/// <summary>Makes bytes of a file fit to be shown in one line of a report.</summary>
internal static class Shown
{
    private const int LongestChars = 60;

    /// <summary>Line breaks and other control characters as escapes, bytes that are no UTF-8 as \xNN, the rest cut off with its size.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var shown = new StringBuilder();
        var rest = bytes;
        while (!rest.IsEmpty && shown.Length < LongestChars)
        {
            if (Rune.DecodeFromUtf8(rest, out var rune, out var consumed) == OperationStatus.Done)
            {
                Append(shown, rune);
            }
            else
            {
                foreach (var b in rest[..consumed]) { shown.Append(CultureInfo.InvariantCulture, $"\\x{b:X2}"); }
            }

            rest = rest[consumed..];
        }

        return (rest.IsEmpty ? shown : shown.Append(CultureInfo.InvariantCulture, $"… ({bytes.Length} bytes)")).ToString();
    }

    private static void Append(StringBuilder shown, Rune rune)
    {
        switch (rune.Value)
        {
            case '\n': shown.Append("\\n"); break;
            case '\r': shown.Append("\\r"); break;
            case '\t': shown.Append("\\t"); break;
            default:
                if (Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029) { shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}"); }
                else { shown.Append(rune.ToString()); }
                break;
        }
    }
}
