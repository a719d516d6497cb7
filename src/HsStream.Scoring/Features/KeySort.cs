using System.Numerics;

namespace HsStream.Scoring.Features;

/// <summary>Sorts keys whose upper bits are spread evenly, as those of hashes are.</summary>
/// <remarks>
/// Up to some hundred keys: one scatter by the upper seven bits, then insertion, which finds them all but sorted. More: radix sort from
/// the lowest bits, linear whatever the keys are. Both take a fraction of the time of comparing.
/// </remarks>
internal static class KeySort
{
    private const int Digit = 7;
    private const int Values = 1 << Digit;
    private const int Few = 24;
    private const int Some = 400;

    /// <param name="scratch">At least as long.</param>
    /// <param name="keyBits">Bits that a key may have; at least 7.</param>
    public static void Sort(Span<uint> keys, Span<uint> scratch, int keyBits)
    {
        scratch = scratch[..keys.Length];
        if (keys.Length > Some)
        {
            SortMany(keys, scratch, (keyBits + Digit - 1) / Digit);
            return;
        }

        if (keys.Length > Few)
        {
            keys.CopyTo(scratch);
            Scatter(scratch, keys, keyBits - Digit);
        }

        for (var i = 1; i < keys.Length; i++)
        {
            var key = keys[i];
            var at = i - 1;
            while (at >= 0 && keys[at] > key)
            {
                keys[at + 1] = keys[at];
                at--;
            }

            keys[at + 1] = key;
        }
    }

    /// <summary>Bits of the largest key below a limit.</summary>
    public static int Bits(long limit) => 64 - BitOperations.LeadingZeroCount((ulong)limit - 1);

    private static void SortMany(Span<uint> keys, Span<uint> scratch, int passes)
    {
        for (var pass = 0; pass < passes; pass++)
        {
            if (pass % 2 == 0)
            {
                Scatter(keys, scratch, pass * Digit);
            }
            else
            {
                Scatter(scratch, keys, pass * Digit);
            }
        }

        if (passes % 2 == 1)
        {
            scratch.CopyTo(keys);
        }
    }

    /// <summary>Puts the keys in the order of seven of their bits; equal ones keep theirs.</summary>
    private static void Scatter(ReadOnlySpan<uint> from, Span<uint> to, int shift)
    {
        Span<int> starts = stackalloc int[Values];
        starts.Clear();
        foreach (var key in from)
        {
            starts[(int)(key >> shift) & (Values - 1)]++;
        }

        var sum = 0;
        foreach (ref var start in starts)
        {
            (start, sum) = (sum, sum + start);
        }

        foreach (var key in from)
        {
            to[starts[(int)(key >> shift) & (Values - 1)]++] = key;
        }
    }
}
