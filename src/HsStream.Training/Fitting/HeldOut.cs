using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace HsStream.Training.Fitting;

/// <summary>Parts a dataset into rows to learn from and rows kept apart, for early stopping and calibration.</summary>
public static class HeldOut
{
    /// <summary>Decides by a hash of the text, so that equal texts, and the same text in a later dataset, lie on the same side.</summary>
    /// <param name="share">Held out, 0 to 1; right on average over texts.</param>
    /// <param name="seed">Another seed gives another choice.</param>
    /// <returns>Row numbers, rising.</returns>
    public static (int[] Training, int[] HeldOut) Split(IReadOnlyList<string> texts, double share, long seed)
    {
        var sides = Enumerable.Range(0, texts.Count).ToLookup(row => IsHeldOut(texts[row], share, seed));
        return ([.. sides[false]], [.. sides[true]]);
    }

    /// <summary>Spaces around the text and the case of its letters do not matter.</summary>
    public static bool IsHeldOut(string text, double share, long seed) => Position(text, seed) < share;

    /// <summary>Which of several parts of equal share a text is held out for.</summary>
    /// <returns>0 to <paramref name="parts"/> - 1; -1 when it is in none.</returns>
    public static int PartOf(string text, double share, int parts, long seed)
    {
        var part = (int)(Position(text, seed) / share);
        return part < parts ? part : -1;
    }

    /// <summary>A number from 0 up to 1, evenly spread over texts.</summary>
    private static double Position(string text, long seed)
    {
        var bytes = new byte[8 + Encoding.UTF8.GetMaxByteCount(text.Length)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, seed);
        var length = Encoding.UTF8.GetBytes(text.Trim().ToUpperInvariant(), bytes.AsSpan(8));
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes.AsSpan(0, 8 + length), hash);
        return (BinaryPrimitives.ReadUInt64LittleEndian(hash) >> 11) / (double)(1L << 53);
    }
}
