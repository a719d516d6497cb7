namespace HsStream.Training.Catalogue;

/// <summary>How often each entry of the catalogue is traded. Whole numbers throughout, so that no platform rounds otherwise.</summary>
internal sealed class Popularity
{
    private const long Scale = 1_000_000;

    private readonly long[] _upTo;

    /// <param name="random">Decides which entry has which rank.</param>
    public Popularity(int entries, CodeMix mix, SeededRandom random)
    {
        var ranks = Enumerable.Range(0, entries).ToArray();
        random.Shuffle(ranks);
        _upTo = new long[entries];
        long sum = 0;
        for (var i = 0; i < entries; i++)
        {
            sum += mix == CodeMix.Uniform ? 1 : Scale / (ranks[i] + 3);
            _upTo[i] = sum;
        }
    }

    /// <returns>Index of an entry.</returns>
    public int Draw(SeededRandom random)
    {
        var found = Array.BinarySearch(_upTo, random.Below(_upTo[^1]));
        return found >= 0 ? found + 1 : ~found;
    }
}
