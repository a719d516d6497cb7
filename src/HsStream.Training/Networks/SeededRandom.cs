namespace HsStream.Training.Networks;

/// <summary>Random numbers that depend on a seed alone: not on the machine, the runtime's version or what else runs in the process.</summary>
/// <remarks>SplitMix64 (Steele, Lea and Flood 2014). A stream of its own for each purpose and step, so that nothing needs to be saved to go on.</remarks>
public struct SeededRandom(ulong seed)
{
    private const ulong Step = 0x9e3779b97f4a7c15;
    private ulong _state = seed;

    /// <summary>The stream for one purpose: equal numbers give the equal stream, other numbers an unrelated one.</summary>
    public static SeededRandom For(long seed, params ReadOnlySpan<long> purpose)
    {
        var state = Mix((ulong)seed + Step);
        foreach (var part in purpose) { state = Mix(state ^ Mix((ulong)part + Step)); }
        return new SeededRandom(state);
    }

    public ulong NextBits() => Mix(_state += Step);

    /// <summary>In [0, 1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>In [0, <paramref name="bound"/>).</summary>
    public int Next(int bound) => (int)Math.BigMul(NextBits(), (ulong)bound, out _);

    /// <summary>Bell-shaped with mean 0 and variance 1, between -3.5 and 3.5: the sum of four uniform numbers.</summary>
    public float NextBell()
    {
        var bits = NextBits();
        var sum = (long)(bits & 0xffff) + (long)((bits >> 16) & 0xffff) + (long)((bits >> 32) & 0xffff) + (long)(bits >> 48);
        return (sum - 131070) * (1.7320508f / 65536);
    }

    public void Shuffle(Span<int> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
