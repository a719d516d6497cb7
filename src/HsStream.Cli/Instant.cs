using System.Globalization;

namespace HsStream.Cli;

/// <summary>Times as operators write them.</summary>
internal static class Instant
{
    private const string Usual = "a time such as 2026-01-01T08:30:00Z or 2026-01-01, or now";

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-dd HH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-dd HH:mm:ssK",
        "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    ];

    /// <remarks>Only spellings that can be read in one way; without an offset the time is UTC.</remarks>
    /// <exception cref="OperatorException">Names the option, what was expected and what arrived.</exception>
    public static DateTimeOffset Parse(string option, string text, string? expected = null) =>
        text == "now" ? TimeProvider.System.GetUtcNow()
        : DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new OperatorException($"{option} is '{text}'; expected {expected ?? Usual}");

    public static DateTimeOffset? ParseOptional(string option, string? text) => text is null ? null : Parse(option, text);

    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
