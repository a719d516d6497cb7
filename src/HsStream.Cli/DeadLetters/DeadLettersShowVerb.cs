using System.CommandLine;
using System.Text.Json.Nodes;
using HsStream.Cli.Connect;
using HsStream.Cli.Tail;

namespace HsStream.Cli.DeadLetters;

/// <summary><c>hsstream dead-letters show</c>: one dead letter with everything that is known, its bytes included.</summary>
internal static class DeadLettersShowVerb
{
    private const int ShownBytes = 512;

    public static Command Describe()
    {
        var id = new Argument<string>("ID") { Description = "PARTITION@OFFSET as in the list." };
        var raw = new Option<string?>("--raw") { Description = "Write the record's original bytes to this file.", HelpName = "FILE" };
        var json = CommonOptions.Json("Print one JSON object; the bytes as hexadecimal digits.");
        var connection = new ConnectionFlags();
        var verb = new Command("show", "Show one dead letter: reason, origin, headers, bytes.") { id, raw, json };
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var connections = connection.Read(parsed);
            var stored = new DeadLetterTopic(new KafkaAccess(connections)).Read(parsed.GetValue(id)!, signals.Token);
            using var decoder = new ValueDecoder(connections);
            var value = await decoder.DecodeAsync(stored.Letter.Value);
            if (parsed.GetValue(raw) is { } file)
            {
                try
                {
                    await File.WriteAllBytesAsync(file, stored.Letter.Value ?? [], signals.Token);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new OperatorException($"cannot write {file}: {e.Message}", e);
                }
            }

            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) { await output.WriteLineAsync(JsonLine.Write(Json(stored, value))); } else { await Listing(stored, value).WriteAsync(output, isJson: false); }
            return 0;
        });
        return verb;
    }

    private static IEnumerable<(string Name, JsonNode? Value)> Facts(StoredLetter stored)
    {
        var letter = stored.Letter;
        yield return ("id", stored.Id);
        yield return ("reason", letter.Reason);
        yield return ("detail", letter.Detail);
        yield return ("stage", letter.Stage);
        yield return ("origin", letter.Origin.ToString());
        yield return ("originTimestamp", Instant.Write(letter.OriginTimestamp));
        yield return ("firstSeen", Instant.Write(letter.FirstSeen));
        yield return ("key", ValueDecoder.Text(letter.Key));
    }

    private static JsonObject Json(StoredLetter stored, JsonNode? value)
    {
        var json = new JsonObject(Facts(stored).Select(fact => KeyValuePair.Create(fact.Name, fact.Value)));
        var headers = new JsonObject();
        foreach (var header in stored.Record.Headers) { headers[header.Key] = ValueDecoder.Text(header.GetValueBytes()); }
        json["headers"] = headers;
        json["value"] = value;
        json["bytes"] = stored.Letter.Value is { } bytes ? Convert.ToHexStringLower(bytes) : null;
        return json;
    }

    private static Listing Listing(StoredLetter stored, JsonNode? value)
    {
        var listing = new Listing("what", "value");
        foreach (var (name, fact) in Facts(stored)) { listing.Add(name, fact); }
        foreach (var header in stored.Record.Headers.Where(header => !header.Key.StartsWith("hs_", StringComparison.Ordinal))) { listing.Add($"header {header.Key}", ValueDecoder.Text(header.GetValueBytes())); }
        listing.Add("value", value is JsonValue or null ? value : JsonLine.Write(value));
        if (stored.Letter.Value is { } bytes)
        {
            listing.Add("bytes", $"{bytes.Length}: {Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(ShownBytes, bytes.Length)))}{(bytes.Length > ShownBytes ? "... (--raw FILE has them all)" : "")}");
        }

        return listing;
    }
}
