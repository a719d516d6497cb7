using System.Globalization;
using System.Runtime.CompilerServices;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.UnitTests.Broker.Protocol;

/// <summary>One message body as Kafka's schemas lay it out; see <c>Golden/make_golden.py</c>.</summary>
/// <param name="Values">Leaf fields in wire order, under Kafka's names. Empty for the tagged variant.</param>
public sealed record GoldenMessage(
    short Key, bool IsRequest, short First, short Last, string Variant, IReadOnlyList<(string Name, string Value)> Values, byte[] Body)
{
    internal ApiInfo Api => ApiTable.Find(Key)!;

    public override string ToString() => $"{(ApiKey)Key} {(IsRequest ? "request" : "response")} {First}-{Last} {Variant}";

    internal IWireStruct Read(short version) => Read(version, Body);

    internal IWireStruct Read(short version, Memory<byte> body)
    {
        var message = IsRequest ? Api.NewRequest() : Api.NewResponse();
        MessageBody.Read(message, Api, version, body);
        return message;
    }
}

internal static class GoldenMessages
{
    public static IReadOnlyList<GoldenMessage> All { get; } = [.. Load()];

    /// <summary>Key, first and last valid version and first flexible version of each API in Kafka's schemas.</summary>
    public static IEnumerable<(short Key, string Name, short First, short Last, short Flexible)> Versions() =>
        from line in File.ReadLines(PathOf("versions.txt"))
        where !line.StartsWith('#')
        let parts = line.Split(' ')
        select (Short(parts[0]), parts[1], Short(parts[2]), Short(parts[3]), parts[4] == "-" ? short.MaxValue : Short(parts[4]));

    private static IEnumerable<GoldenMessage> Load()
    {
        string[] head = [];
        var values = new List<(string, string)>();
        foreach (var line in File.ReadLines(PathOf("messages.txt")))
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line.StartsWith("hex ", StringComparison.Ordinal))
            {
                var versions = head[2].Split('-');
                yield return new GoldenMessage(
                    Short(head[0]), head[1] == "request", Short(versions[0]), Short(versions[1]), head[3], values, Convert.FromHexString(line[4..]));
                values = [];
            }
            else if (line.Contains('=', StringComparison.Ordinal))
            {
                var equals = line.IndexOf('=', StringComparison.Ordinal);
                values.Add((line[..equals], line[(equals + 1)..]));
            }
            else
            {
                head = line.Split(' ');
            }
        }
    }

    private static short Short(string text) => short.Parse(text, CultureInfo.InvariantCulture);

    private static string PathOf(string file, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden", file);
}
