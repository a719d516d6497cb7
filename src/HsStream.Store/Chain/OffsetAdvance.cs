using System.Globalization;

namespace HsStream.Store.Chain;

/// <summary>A partition's step forward.</summary>
/// <param name="Expected">Next offset that the ledger should have stored by now; 0 for a partition it has never seen.</param>
/// <param name="Next">Next offset to read once this is committed; above <paramref name="Expected"/>.</param>
public readonly record struct OffsetAdvance(string Topic, int Partition, long Expected, long Next)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Topic}/{Partition} {Expected} {Next}");

    /// <summary>One a line, sorted by topic and partition, as the seal holds them.</summary>
    public static string Text(IEnumerable<OffsetAdvance> advances) => string.Join('\n',
        advances.OrderBy(a => a.Topic, StringComparer.Ordinal).ThenBy(a => a.Partition).Select(a => a.ToString()));

    /// <summary>The inverse of <see cref="Text"/>.</summary>
    /// <exception cref="FormatException">Not such a text.</exception>
    public static IReadOnlyList<OffsetAdvance> Parse(string text)
    {
        var advances = new List<OffsetAdvance>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split(' ');
            var slash = parts[0].LastIndexOf('/');
            if (parts.Length != 3 || slash < 0) { throw new FormatException($"Expected 'topic/partition from to', got '{line}'."); }
            advances.Add(new OffsetAdvance(
                parts[0][..slash], int.Parse(parts[0].AsSpan(slash + 1), CultureInfo.InvariantCulture),
                long.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture)));
        }

        return advances;
    }
}
