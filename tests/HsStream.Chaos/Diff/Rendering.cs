using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Chaos.Diff;

/// <summary>Writes a message as text that is the same on two brokers that behave the same.</summary>
internal static class Rendering
{
    /// <summary>What may differ between two right answers: machine, time, free text.</summary>
    private static readonly HashSet<string> Masked = new(StringComparer.Ordinal)
    {
        "ThrottleTimeMs", "ErrorMessage", "Message", "Host", "Port", "NodeId", "ControllerId", "ClusterId", "Rack", "LeaderId", "LeaderEpoch", "Replicas", "Isr", "Offline", "TopicId",
        "AuthorizedOperations", "ClusterAuthorizedOperations", "ClientHost", "StartTimeMs", "Documentation", "Brokers", "TimeoutMs", "Synonyms",
    };

    public static string Text(Side side, IWireStruct message)
    {
        var text = new StringBuilder();
        Write(text, side, message);
        return side.Plain(text.ToString());
    }

    private static void Write(StringBuilder text, Side side, object value)
    {
        var first = true;
        text.Append('{');
        foreach (var field in value.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance))
        {
            if (Masked.Contains(field.Name)) { continue; }
            text.Append(first ? string.Empty : " ").Append(field.Name).Append(':');
            first = false;
            Write(text, side, field.Name, field.GetValue(value));
        }

        text.Append('}');
    }

    private static void Write(StringBuilder text, Side side, string name, object? value)
    {
        switch (value)
        {
            case null: text.Append("null"); break;
            case long id when name == "ProducerId": text.Append(side.Symbol("pid", id.ToString(CultureInfo.InvariantCulture))); break;
            case string member when name is "MemberId" or "Leader": text.Append(side.Symbol("member", member)); break;
            case long time when name is "LogAppendTimeMs": text.Append(time < 0 ? "-1" : "set"); break;
            case string word: text.Append('"').Append(word.Length > 80 ? $"{word[..60]}... {word.Length}" : word).Append('"'); break;
            case ReadOnlyMemory<byte> bytes: text.Append(bytes.Length > 40 ? $"{bytes.Length} bytes" : Encoding.UTF8.GetString(bytes.Span)); break;
            case MemoryRecords records: text.Append(Records(side, records.Bytes)); break;
            case IList list: WriteList(text, side, name, list); break;
            case IWireStruct inner: Write(text, side, inner); break;
            case IFormattable number: text.Append(number.ToString(null, CultureInfo.InvariantCulture)); break;
            default: text.Append(value); break;
        }
    }

    private static void WriteList(StringBuilder text, Side side, string name, IList list)
    {
        // Symbols are given in the order of the answer; the order itself is nobody's promise.
        var items = new List<string>();
        foreach (var item in list)
        {
            var one = new StringBuilder();
            if (item is IWireStruct inner) { Write(one, side, inner); } else { Write(one, side, name, item); }
            items.Add(one.ToString());
        }

        items.Sort(StringComparer.Ordinal);
        text.Append('[').AppendJoin(", ", items).Append(']');
    }

    /// <summary>Whole batches: base offset, who wrote them, and each record's offset, time and value.</summary>
    private static string Records(Side side, ReadOnlyMemory<byte> bytes)
    {
        var text = new StringBuilder($"<");
        while (bytes.Length >= BatchLayout.Records)
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.Span[BatchLayout.BatchLength..]) + BatchLayout.LengthOverhead;
            if (length < BatchLayout.Records || length > bytes.Length) { break; }
            var batch = bytes[..length];
            bytes = bytes[length..];
            var producer = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(batch.Span[BatchLayout.ProducerId..]);
            var epoch = System.Buffers.Binary.BinaryPrimitives.ReadInt16BigEndian(batch.Span[BatchLayout.ProducerEpoch..]);
            var sequence = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(batch.Span[BatchLayout.BaseSequence..]);
            var attributes = System.Buffers.Binary.BinaryPrimitives.ReadInt16BigEndian(batch.Span[BatchLayout.Attributes..]);
            var control = (attributes & BatchLayout.ControlBit) != 0;
            text.Append(CultureInfo.InvariantCulture, $"(attributes {attributes} {side.Symbol("pid", producer.ToString(CultureInfo.InvariantCulture))}/{epoch}/{sequence}");
            try
            {
                foreach (var record in RecordReader.Read(batch))
                {
                    var shown = control ? $"marker {Convert.ToHexString((record.Key ?? default).Span)}" : record.Value is { } value ? Encoding.UTF8.GetString(value.Span[..Math.Min(8, value.Length)]).TrimEnd('x') : "null";
                    text.Append(CultureInfo.InvariantCulture, $" {record.Offset}={shown}");
                    if (!control && (attributes & BatchLayout.LogAppendTimeBit) == 0) { text.Append(CultureInfo.InvariantCulture, $"@{record.TimestampMs}"); }
                }
            }
            catch (InvalidRecordException)
            {
                text.Append(" undecodable");
            }

            text.Append(')');
        }

        return text.Append('>').ToString();
    }
}
