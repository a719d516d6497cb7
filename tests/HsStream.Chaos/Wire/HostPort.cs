using System.Globalization;

namespace HsStream.Chaos.Wire;

/// <summary>An address as Kafka's tools write it.</summary>
internal static class HostPort
{
    /// <summary>Takes the first of a comma-separated list of <c>host:port</c>.</summary>
    /// <exception cref="FormatException">It is not <c>host:port</c>.</exception>
    public static (string Host, int Port) Parse(string text)
    {
        var first = text.Split(',')[0].Trim();
        var colon = first.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(first.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is 0 or > 65535)
        {
            throw new FormatException($"Expected host:port, got '{first}'.");
        }

        return (first[..colon].Trim('[', ']'), port);
    }
}
