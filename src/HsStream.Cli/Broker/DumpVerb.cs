using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using HsStream.Embedded.Broker.Log;

namespace HsStream.Cli.Broker;

/// <summary><c>hsstream broker dump</c>: batches or records of one partition, read from the files.</summary>
internal static class DumpVerb
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Command Describe()
    {
        var directory = CommonOptions.DataDirectory();
        var topic = new Option<string>("--topic") { Description = "Name of the topic.", Required = true, HelpName = "NAME" };
        var partition = new Option<int>("--partition") { Description = "Number of the partition.", HelpName = "N" };
        var from = CommonOptions.Number("--from", 0, "First offset; default: the oldest.");
        var max = CommonOptions.Number("--max", 1, "At most this many batches, or records with --records; default: all.");
        var records = new Option<bool>("--records") { Description = "Decode the batches and print their records." };
        var json = CommonOptions.Json("One JSON object a line.");
        var verb = new Command("dump", "Print batches or records of a partition from the data directory; the broker may run or not.")
        {
            directory, topic, partition, from, max, records, json,
        };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var stored = StoredTopics.Open(parsed.GetValue(directory)!);
            var name = parsed.GetValue(topic)!;
            var found = stored.Find(name) ?? throw new OperatorException(
                $"there is no topic '{name}'; expected one of: {string.Join(", ", stored.Topics.Select(t => t.Name))}");
            var number = parsed.GetValue(partition);
            if (number < 0 || number >= found.Partitions)
            {
                throw new OperatorException($"topic {name} has partitions 0 to {found.Partitions - 1}; expected one of them, got {number}");
            }

            StoredDamage? damage = null;
            var isJson = parsed.GetValue(json);
            var first = parsed.GetValue(from) ?? stored.Partition(found, number).Checkpoint?.LogStartOffset ?? 0;
            var batches = stored.Partition(found, number).ReadBatches(first, d => damage ??= d);
            var lines = parsed.GetValue(records)
                ? batches.SelectMany(b => Records(b, first)).Select(r => isJson ? JsonLine.Write(ToJson(r.Record, r.Batch)) : ToLine(r.Record, r.Batch))
                : batches.Select(b => isJson ? JsonLine.Write(ToJson(b)) : ToLine(b));
            long left = parsed.GetValue(max) ?? long.MaxValue;
            foreach (var line in lines)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (left-- == 0) { return 0; }
                await parsed.InvocationConfiguration.Output.WriteLineAsync(line);
            }

            return damage is null or { IsTail: true } ? 0
                : throw new OperatorException($"{damage.File} is damaged at position {damage.Position}, offset {damage.Offset}: {damage.Problem}");
        });
        return verb;
    }

    private static IEnumerable<(LogRecord Record, StoredBatch Batch)> Records(StoredBatch batch, long from) =>
        RecordReader.Read(batch.Bytes).Where(r => r.Offset >= from).Select(r => (r, batch));

    private static string ToLine(StoredBatch batch)
    {
        var h = batch.Header;
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"offset {h.BaseOffset}-{h.LastOffset}  position {batch.Position}  {h.Size} bytes  {h.RecordCount} records  ");
        line.Append(CultureInfo.InvariantCulture, $"{Codec(h)}  {Time(h.MaxTimestampMs)}");
        if (h.HasProducer) { line.Append(CultureInfo.InvariantCulture, $"  producer {h.ProducerId} epoch {h.ProducerEpoch} sequence {h.BaseSequence}-{h.LastSequence}"); }
        if (h.IsControl) { line.Append(CultureInfo.InvariantCulture, $"  {Marker(batch)} marker"); }
        else if (h.IsTransactional) { line.Append("  transactional"); }
        return line.ToString();
    }

    private static JsonObject ToJson(StoredBatch batch)
    {
        var h = batch.Header;
        return new JsonObject
        {
            ["baseOffset"] = h.BaseOffset,
            ["lastOffset"] = h.LastOffset,
            ["file"] = Path.GetFileName(batch.File),
            ["position"] = batch.Position,
            ["bytes"] = h.Size,
            ["records"] = h.RecordCount,
            ["codec"] = Codec(h),
            ["crc"] = h.Crc.ToString("x8", CultureInfo.InvariantCulture),
            ["maxTimestamp"] = h.MaxTimestampMs,
            ["producerId"] = h.ProducerId,
            ["producerEpoch"] = h.ProducerEpoch,
            ["baseSequence"] = h.BaseSequence,
            ["isTransactional"] = h.IsTransactional,
            ["marker"] = h.IsControl ? Marker(batch) : null,
        };
    }

    private static string ToLine(LogRecord record, StoredBatch batch)
    {
        if (batch.Header.IsControl) { return $"offset {record.Offset}  {Time(record.TimestampMs)}  {Marker(batch)} marker of producer {batch.Header.ProducerId}"; }
        var headers = record.Headers is { Count: > 0 } many
            ? "  headers " + string.Join(", ", many.Select(h => $"{h.Key}={Text(h.Value)}"))
            : "";
        return $"offset {record.Offset}  {Time(record.TimestampMs)}  key {Text(record.Key)}  value {Text(record.Value)}{headers}";
    }

    private static JsonObject ToJson(LogRecord record, StoredBatch batch)
    {
        var json = new JsonObject { ["offset"] = record.Offset, ["timestamp"] = record.TimestampMs };
        if (batch.Header.IsControl)
        {
            json["marker"] = Marker(batch);
            return json;
        }

        Put(json, "key", record.Key);
        Put(json, "value", record.Value);
        json["headers"] = new JsonArray([.. (record.Headers ?? []).Select(h =>
        {
            var header = new JsonObject { ["name"] = h.Key };
            Put(header, "value", h.Value);
            return (JsonNode)header;
        })]);
        return json;
    }

    /// <summary>Text under its name; other bytes in base 64 under the name with a suffix, so that nothing is lost.</summary>
    private static void Put(JsonObject json, string name, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is null) { json[name] = null; }
        else if (Decode(bytes.Value) is { } text) { json[name] = text; }
        else { json[name + "Base64"] = Convert.ToBase64String(bytes.Value.Span); }
    }

    private static string Text(ReadOnlyMemory<byte>? bytes) =>
        bytes is not { } some ? "null"
        : Decode(some) is { } text && !text.Any(char.IsControl) ? JsonLine.Write(JsonValue.Create(text))
        : "0x" + Convert.ToHexStringLower(some.Span);

    private static string? Decode(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes.Span);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>A marker's key holds a version and its type: 0 aborts, 1 commits.</summary>
    private static string Marker(StoredBatch batch) =>
        RecordReader.Read(batch.Bytes) is [{ Key: { Length: >= 4 } key }, ..] && key.Span[3] == 1 ? "commit" : "abort";

    private static string Codec(in BatchHeader header) => ((CompressionCodec)header.CodecId).ToString().ToLowerInvariant();

    private static string Time(long milliseconds) => milliseconds is < 0 or > 253_402_300_799_999
        ? milliseconds.ToString(CultureInfo.InvariantCulture)
        : DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
