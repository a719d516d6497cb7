namespace HsStream.Streaming;

/// <summary>Milliseconds since 1970, as Kafka and Avro count.</summary>
internal static class EpochTime
{
    private static readonly long Min = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Max = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>A time outside the calendar counts as its nearest day.</summary>
    public static DateTimeOffset Clamp(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, Min, Max));
}
