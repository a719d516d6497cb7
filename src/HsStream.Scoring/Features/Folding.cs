using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace HsStream.Scoring.Features;

/// <summary>The character table: compatibility forms, case and accents of every code point folded in one look-up.</summary>
/// <remarks>
/// folding.py writes the table and says what each step does. It is part of the encoder: another table is another
/// <see cref="EncoderDefinition.Folding"/> name, because features under a trained model must never change.
/// </remarks>
internal static class Folding
{
    /// <summary>The name that an <see cref="EncoderDefinition"/> gives to this table (Unicode 14.0).</summary>
    public const string Name = "nfkc-lower-unaccented.1";

    public const ushort Separator = 0;
    public const ushort Dropped = 1;
    public const ushort Itself = 2;
    public const ushort Unspaced = 3;
    public const ushort Control = 4;
    public const ushort FirstEntry = 8;

    private const int PageCount = 0x1100;
    private static readonly ushort[] Pages;
    private static readonly ushort[] Cells;
    private static readonly int[] Offsets;
    private static readonly char[] Texts;

    /// <summary>For each ASCII character its folded form, or 0 where it separates words.</summary>
    private static readonly char[] AsciiForms = new char[128];

#pragma warning disable CA1810 // the four arrays come from one file
    static Folding()
#pragma warning restore CA1810
    {
        var bytes = Read();
        var at = bytes.AsSpan();
        if (!at.StartsWith("HSFO"u8) || BinaryPrimitives.ReadInt32LittleEndian(at[4..]) != 1)
        {
            throw new InvalidDataException("folding.bin is not a character table of version 1.");
        }

        var cells = BinaryPrimitives.ReadInt32LittleEndian(at[8..]) * 256;
        at = at[12..];
        Pages = Words(ref at, PageCount);
        Cells = Words(ref at, cells);
        var entries = BinaryPrimitives.ReadInt32LittleEndian(at);
        at = at[4..];
        Offsets = new int[entries + 1];
        for (var i = 0; i <= entries; i++, at = at[4..])
        {
            Offsets[i] = BinaryPrimitives.ReadInt32LittleEndian(at);
        }

        at = at[4..];
        Texts = MemoryMarshal.Cast<ushort, char>(Words(ref at, Offsets[entries])).ToArray();
        for (var c = 0; c < AsciiForms.Length; c++)
        {
            AsciiForms[c] = Cell(c) switch
            {
                Itself => (char)c,
                >= FirstEntry and var cell => Entry(cell)[0],
                _ => '\0',
            };
        }
    }

    /// <summary>Folded form of each of the 128 ASCII characters; 0 where it separates words.</summary>
    public static ReadOnlySpan<char> Ascii => AsciiForms;

    /// <summary>What becomes of a code point: one of the constants above, or the number of an entry.</summary>
    public static ushort Cell(int codePoint) => Cells[(Pages[codePoint >> 8] << 8) | (codePoint & 0xFF)];

    /// <summary>The text of an entry; a space in it separates words.</summary>
    public static ReadOnlySpan<char> Entry(ushort cell)
    {
        var entry = cell - FirstEntry;
        return Texts.AsSpan(Offsets[entry], Offsets[entry + 1] - Offsets[entry]);
    }

    /// <summary>Joins what NFKC joins across code points: voiced kana and Hangul typed in parts.</summary>
    /// <returns>The joined character, or 0 when the two stay apart.</returns>
    /// <remarks>Hangul as in the Unicode Standard, section 3.12; the voiced kana lie one, the half-voiced two after their base.</remarks>
    public static char Join(char before, char after)
    {
        if (after is '\u3099' or '\u309A')
        {
            var plain = before is >= '\u30A1' and <= '\u30F4' ? (char)(before - 0x60) : before;
            var half = plain is 'は' or 'ひ' or 'ふ' or 'へ' or 'ほ';
            var voiced = half || (plain is >= 'か' and <= 'ち' && (plain & 1) == 1) || plain is 'つ' or 'て' or 'と';
            return after == '\u309A' ? (half ? (char)(before + 2) : '\0')
                : plain == 'う' ? (before == 'う' ? '\u3094' : '\u30F4')
                : voiced ? (char)(before + 1) : '\0';
        }

        if (before is >= '\u1100' and <= '\u1112' && after is >= '\u1161' and <= '\u1175')
        {
            return (char)(0xAC00 + ((((before - 0x1100) * 21) + after - 0x1161) * 28));
        }

        return before is >= '\uAC00' and <= '\uD7A3' && (before - 0xAC00) % 28 == 0 && after is >= '\u11A8' and <= '\u11C2'
            ? (char)(before + after - 0x11A7)
            : '\0';
    }

    private static byte[] Read()
    {
        using var stream = typeof(Folding).Assembly.GetManifestResourceStream("HsStream.Scoring.Features.folding.bin")
            ?? throw new InvalidDataException("The character table folding.bin is not in the assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static ushort[] Words(ref Span<byte> at, int count)
    {
        var words = new ushort[count];
        for (var i = 0; i < count; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt16LittleEndian(at[(2 * i)..]);
        }

        at = at[(2 * count)..];
        return words;
    }
}
