using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace HsStream.Scoring.Features;

/// <summary>First step of the encoder: characters to folded characters, everything that is no part of a word to one space.</summary>
internal static class TextFolder
{
    /// <summary>Writes a space, then the folded words with a space after each, to the workspace.</summary>
    /// <returns>Units written; 1 when the text holds no word.</returns>
    public static int Fold(ReadOnlySpan<char> text, int maxCharacters, EncoderWorkspace workspace, ref TextIssues issues)
    {
        if (text.Length > maxCharacters)
        {
            issues |= TextIssues.Truncated;
            var splitsPair = char.IsHighSurrogate(text[maxCharacters - 1]) && char.IsLowSurrogate(text[maxCharacters]);
            text = text[..(splitsPair ? maxCharacters - 1 : maxCharacters)];
        }

        var to = workspace.Folded.AsSpan();
        var source = workspace.FoldedSource.AsSpan();
        var ascii = Folding.Ascii;
        to[0] = ' ';
        var n = 1;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c >= 128)
            {
                var before = n;
                if (!FoldOther(text, ref i, to, ref n, source, ref issues))
                {
                    issues |= TextIssues.Truncated;
                    n = before;
                    break;
                }

                continue;
            }

            var form = ascii[c];
            if (form == 0)
            {
                if (c < ' ' ? c is not ('\t' or '\r' or '\n') : c == 127)
                {
                    issues |= TextIssues.ControlCharacters;
                }

                Separate(to, ref n, source);
                continue;
            }

            if (n + 1 >= to.Length)
            {
                issues |= TextIssues.Truncated;
                break;
            }

            if (source.Length > 0)
            {
                source[n] = i;
            }

            to[n++] = form;
        }

        Separate(to, ref n, source);
        return n;
    }

    /// <summary>UTF-8 to the same UTF-16 that a decoder gives, as much of it as <see cref="Fold"/> can use.</summary>
    public static ReadOnlySpan<char> Decode(ReadOnlySpan<byte> utf8, char[] buffer)
    {
        // Two units more than Fold reads tell it that there is more, and whether the cut would split a pair.
        Utf8.ToUtf16(utf8, buffer, out _, out var written, replaceInvalidSequences: true, isFinalBlock: true);
        return buffer.AsSpan(0, written);
    }

    /// <returns>False when the buffer is full.</returns>
    private static bool FoldOther(ReadOnlySpan<char> text, ref int i, Span<char> to, ref int n, Span<int> source, ref TextIssues issues)
    {
        var at = i;
        if (Rune.DecodeFromUtf16(text[i..], out var rune, out var used) != OperationStatus.Done || rune.Value == 0xFFFD)
        {
            issues |= TextIssues.InvalidText;
            i += Math.Max(used, 1) - 1;
            Separate(to, ref n, source);
            return true;
        }

        i += used - 1;
        var cell = Folding.Cell(rune.Value);
        switch (cell)
        {
            case Folding.Dropped:
                return true;
            case Folding.Separator or Folding.Control:
                issues |= cell == Folding.Control ? TextIssues.ControlCharacters : TextIssues.None;
                Separate(to, ref n, source);
                return true;
            case Folding.Itself or Folding.Unspaced:
                return Append(text.Slice(at, used), to, ref n, source, at);
            default:
                return Append(Folding.Entry(cell), to, ref n, source, at);
        }
    }

    private static bool Append(ReadOnlySpan<char> units, Span<char> to, ref int n, Span<int> source, int at)
    {
        if (n + units.Length + 1 > to.Length)
        {
            return false;
        }

        foreach (var unit in units)
        {
            if (unit == ' ')
            {
                Separate(to, ref n, source);
                continue;
            }

            if (unit is (>= '\u1161' and <= '\u11C2') or '\u3099' or '\u309A' && Folding.Join(to[n - 1], unit) is var joined and not '\0')
            {
                to[n - 1] = joined;
                continue;
            }

            if (source.Length > 0)
            {
                source[n] = at;
            }

            to[n++] = unit;
        }

        return true;
    }

    private static void Separate(Span<char> to, ref int n, Span<int> source)
    {
        if (to[n - 1] == ' ')
        {
            return;
        }

        if (source.Length > 0)
        {
            source[n] = source[n - 1] + 1;
        }

        to[n++] = ' ';
    }
}
