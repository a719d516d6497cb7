using System.Runtime.CompilerServices;

namespace HsStream.Scoring.Features;

/// <summary>The hash behind every feature id.</summary>
/// <remarks>
/// Start: h = seed. Each UTF-16 unit c: h = (h XOR c) * 0x9E3779B97F4A7C15 modulo 2^64.
/// End: h ^= h >> 32; h *= 0xD6E8FEB86659FD93; h ^= h >> 32; h *= 0xD6E8FEB86659FD93; h ^= h >> 32
/// (the multiplier is Pelle Evensen's, https://mostlymangling.blogspot.com/2018/07/on-mixing-functions-in-fast-splittable.html).
/// A bucket of 2^b is the top b bits. One step a unit lets n-grams that start together share their work.
/// </remarks>
internal static class FeatureHash
{
    // Arbitrary odd numbers, apart in many bits, so that a word, a pair and an n-gram of the same letters fall apart.
    public const ulong WordSeed = 0x243F6A8885A308D3;
    public const ulong PairSeed = 0x13198A2E03707345;
    public const ulong ShapeSeed = 0xA4093822299F31D1;
    public const ulong CharacterSeed = 0x082EFA98EC4E6C89;
    public const ulong PieceSeed = 0x452821E638D01377;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Step(ulong hash, char unit) => (hash ^ unit) * 0x9E3779B97F4A7C15;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Finish(ulong hash)
    {
        hash ^= hash >> 32;
        hash *= 0xD6E8FEB86659FD93;
        hash ^= hash >> 32;
        hash *= 0xD6E8FEB86659FD93;
        return hash ^ (hash >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bucket(ulong finished, int bits) => (int)(finished >> (64 - bits));

    public static ulong Of(ulong seed, ReadOnlySpan<char> text)
    {
        foreach (var unit in text)
        {
            seed = Step(seed, unit);
        }

        return Finish(seed);
    }

    /// <summary>Hash of two words in order, from their finished word hashes.</summary>
    public static ulong Pair(ulong first, ulong second) =>
        Finish((((PairSeed ^ first) * 0x9E3779B97F4A7C15) ^ second) * 0x9E3779B97F4A7C15);
}
