namespace HsStream.Chaos.Diff;

/// <summary>Where the embedded broker differs from Apache Kafka on purpose.</summary>
internal static class KnownDeviations
{
    /// <summary>Hidden from the comparison by masks, retries or the choice of scripts.</summary>
    public static IReadOnlyList<string> Hidden { get; } =
    [
        "EndTxn answers after the markers are written; Kafka answers before and then says CONCURRENT_TRANSACTIONS for a moment (retried).",
        "The initial rebalance delay is 300 ms by default (waited for).",
        "The leader epoch is always 0 (masked).",
        "Replication: one broker, one replica; a larger replication factor is refused (not scripted).",
        "Internal topics have one partition each (not compared).",
        "The table of ApiVersions names only what is served (not compared).",
        "Messages beside error codes are our own words (masked).",
    ];

    private static readonly (string Deviation, Func<string, string?, string?, bool> Matches)[] Visible = [];

    /// <summary>The deviation that explains a difference, or null.</summary>
    public static string? Explain(string request, string? a, string? b) =>
        Visible.FirstOrDefault(one => one.Matches(request, a, b)).Deviation;
}
