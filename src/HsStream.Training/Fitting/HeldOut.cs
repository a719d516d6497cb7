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
    public static bool IsHeldOut(string text, double share, long seed)
    {
        var bytes = new byte[8 + Encoding.UTF8.GetMaxByteCount(text.Length)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, seed);
        var length = Encoding.UTF8.GetBytes(text.Trim().ToUpperInvariant(), bytes.AsSpan(8));
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes.AsSpan(0, 8 + length), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash) < share * ulong.MaxValue;
    }
}
