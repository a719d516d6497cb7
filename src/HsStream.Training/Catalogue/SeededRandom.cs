namespace HsStream.Training.Catalogue;

/// <summary>Random numbers that are the same on every platform and in every release: xoshiro256** seeded by SplitMix64.</summary>
/// <remarks>
/// Blackman and Vigna, https://prng.di.unimi.it. <see cref="Random"/> with a seed keeps its algorithm by habit, not by contract.
/// Not thread-safe; not for secrets.
/// </remarks>
public sealed class SeededRandom
{
    private ulong _a, _b, _c, _d;

    public SeededRandom(ulong seed)
    {
        _a = Split(ref seed);
        _b = Split(ref seed);
        _c = Split(ref seed);
        _d = Split(ref seed);
    }

    /// <summary>The state itself; for comparison with the authors' own program.</summary>
    internal SeededRandom(ulong a, ulong b, ulong c, ulong d) => (_a, _b, _c, _d) = (a, b, c, d);

    /// <summary>A generator of its own for one purpose, so that more draws for one do not shift the others.</summary>
    public static SeededRandom For(ulong seed, string purpose)
    {
        var mixed = seed ^ 0xCBF29CE484222325;
        foreach (var c in purpose) { mixed = (mixed ^ c) * 0x100000001B3; }
        return new SeededRandom(mixed);
    }

    public ulong Next()
    {
        var result = ulong.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = ulong.RotateLeft(_d, 45);
        return result;
    }

    /// <param name="bound">At least 1.</param>
    /// <returns>0 to <paramref name="bound"/> - 1; the bias is below 2^-32 for bounds of 32 bits.</returns>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    public long Below(long bound) => (long)Math.BigMul(Next(), (ulong)bound, out _);

    /// <returns>From <paramref name="least"/> to <paramref name="most"/>, both included.</returns>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <returns>0 up to but not 1, in steps of 2^-53.</returns>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => Fraction() < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public void Shuffle<T>(T[] items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Split(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
