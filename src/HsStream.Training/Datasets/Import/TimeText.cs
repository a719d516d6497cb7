using System.Globalization;

namespace HsStream.Training.Datasets.Import;

/// <summary>Reads instants that can be read in one way only: 03/04/2024 is not one of them.</summary>
internal static class TimeText
{
    public const string Expected = "an ISO 8601 time such as 2024-03-01T08:30:00Z, or Unix seconds or milliseconds";

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-dd HH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-dd HH:mm:ssK",
        "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    ];

    /// <remarks>Without an offset the time is UTC. Up to 11 digits are seconds, more are milliseconds.</remarks>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time)
    {
        if (DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time)) { return true; }
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) { return false; }
        var milliseconds = text.Length <= 11 ? number * 1000 : number;
        if (milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()) { return false; }
        time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        return true;
    }
}
