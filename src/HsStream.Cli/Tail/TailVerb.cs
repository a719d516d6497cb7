using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using HsStream.Cli.Connect;

namespace HsStream.Cli.Tail;

/// <summary><c>hsstream tail</c>: the records of a topic, decoded by their schemas.</summary>
internal static class TailVerb
{
    private const string UsualStart = "-10";

    public static Command Describe()
    {
        var topic = new Argument<string>("TOPIC") { Description = "Such as hs.predictions." };
        var connection = new ConnectionFlags();
        var from = new Option<string?>("--from") { Description = "beginning, end, an offset, a number of records from the end of each partition such as -10, or a time; default: -10.", HelpName = "WHERE" };
        var follow = new Option<bool>("--follow") { Description = "Go on with new records until Ctrl-C; so does --from end." };
        var key = new Option<string?>("--key") { Description = "Records with this key only.", HelpName = "KEY" };
        var partition = CommonOptions.Number("--partition", 0, "One partition only.");
        var most = CommonOptions.Number("--max", 1, "Stop after so many records.");
        var uncommitted = new Option<bool>("--uncommitted") { Description = "Also records of open and aborted transactions." };
        var headers = new Option<bool>("--headers") { Description = "Show headers too; --json always has them." };
        var json = CommonOptions.Json("One JSON object a record: topic, partition, offset, timestamp, key, headers, value.");
        var verb = new Command("tail", "Print the records of a topic, decoded by their schemas.") { topic };
        foreach (var option in (Option[])[from, follow, key, partition, most, uncommitted, headers, json]) { verb.Add(option); }
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var signals = new StopSignals(cancellationToken);
            var connections = connection.Read(parsed);
            var kafka = new KafkaAccess(connections);
            var name = parsed.GetValue(topic)!;
            var start = TailStart.Parse(parsed.GetValue(from) ?? UsualStart);
            var partitions = Enumerable.Range(0, kafka.Partitions(name)).ToList();
            if (parsed.GetValue(partition) is { } only)
            {
                if (only >= partitions.Count) { throw new OperatorException($"--partition is {only}; {name} has the partitions 0 to {partitions.Count - 1}"); }
                partitions = [(int)only];
            }

            using var consumer = kafka.OpenConsumer(parsed.GetValue(uncommitted) ? IsolationLevel.ReadUncommitted : IsolationLevel.ReadCommitted);
            using var decoder = new ValueDecoder(connections);
            var starts = start.In(kafka, consumer, partitions.Select(p => new TopicPartition(name, p)));
            var (output, wanted) = (parsed.InvocationConfiguration.Output, parsed.GetValue(key));
            var left = parsed.GetValue(most) ?? long.MaxValue;
            foreach (var record in kafka.Read(consumer, starts, parsed.GetValue(follow) || start.IsEnd, signals.Token))
            {
                if (wanted is not null && ValueDecoder.Text(record.Message.Key) != wanted) { continue; }
                var value = await decoder.DecodeAsync(record.Message.Value);
                await output.WriteLineAsync(parsed.GetValue(json) ? JsonLine.Write(Json(record, value)) : Line(record, value, parsed.GetValue(headers)));
                await output.FlushAsync(CancellationToken.None);
                if (--left == 0) { break; }
            }

            return 0;
        });
        return verb;
    }

    private static JsonObject Json(ConsumeResult<byte[]?, byte[]?> record, JsonNode? value) => new()
    {
        ["topic"] = record.Topic,
        ["partition"] = record.Partition.Value,
        ["offset"] = record.Offset.Value,
        ["timestamp"] = Instant.Write(record.Message.Timestamp.UtcDateTime),
        ["key"] = ValueDecoder.Text(record.Message.Key),
        ["headers"] = new JsonObject(Headers(record).Select(header => KeyValuePair.Create(header.Key, (JsonNode?)header.Value))),
        ["value"] = value,
    };

    private static string Line(ConsumeResult<byte[]?, byte[]?> record, JsonNode? value, bool withHeaders)
    {
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{Instant.Write(record.Message.Timestamp.UtcDateTime)}  {record.Partition.Value}@{record.Offset.Value}  {ValueDecoder.Text(record.Message.Key) ?? "-"}");
        if (withHeaders) { line.Append("  ").AppendJoin(' ', Headers(record).Select(header => $"{header.Key}={header.Value}")); }
        return line.Append("  ").Append(value is null ? "(null)" : JsonLine.Write(value)).ToString();
    }

    /// <summary>Of headers with one name the last.</summary>
    private static Dictionary<string, string?> Headers(ConsumeResult<byte[]?, byte[]?> record)
    {
        var headers = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var header in record.Message.Headers ?? []) { headers[header.Key] = ValueDecoder.Text(header.GetValueBytes()); }
        return headers;
    }
}
