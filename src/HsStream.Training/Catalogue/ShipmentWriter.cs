using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace HsStream.Training.Catalogue;

public enum ShipmentFormat { Csv, Tsv, JsonLines }

/// <summary>Writes shipment lines as UTF-8. The importers read what it writes without a mapping.</summary>
public sealed class ShipmentWriter : IDisposable
{
    private const string Columns = "id,shipper,timestamp,description,hs6,true_hs6,edition,scenario";
    private const int FlushBytes = 64 * 1024;

    private readonly Stream _output;
    private readonly ShipmentFormat _format;
    private readonly ArrayBufferWriter<byte> _buffer = new(2 * FlushBytes);
    private readonly Utf8JsonWriter _json;
    private readonly StringBuilder _row = new(512);

    /// <param name="output">Stays the caller's; complete after <see cref="Flush"/>.</param>
    public ShipmentWriter(Stream output, ShipmentFormat format)
    {
        (_output, _format) = (output, format);
        _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        if (format != ShipmentFormat.JsonLines) { Append(format == ShipmentFormat.Tsv ? Columns.Replace(',', '\t') : Columns); }
    }

    /// <summary>One line as a JSON object, as it stands in JSON lines and in records of a topic.</summary>
    public static byte[] ToJson(in ShipmentLine line)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) { WriteJson(json, line); }
        return buffer.WrittenSpan.ToArray();
    }

    public void Write(in ShipmentLine line)
    {
        if (_format == ShipmentFormat.JsonLines)
        {
            _json.Reset();
            WriteJson(_json, line);
            _json.Flush();
            _buffer.Write("\n"u8);
        }
        else
        {
            var separator = _format == ShipmentFormat.Tsv ? '\t' : ',';
            _row.Clear();
            _row.Append(line.Id).Append(separator).Append(line.Shipper).Append(separator);
            _row.Append(CultureInfo.InvariantCulture, $"{line.Time.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}").Append(separator);
            AppendText(line.Description);
            _row.Append(separator).Append(CultureInfo.InvariantCulture, $"{line.Label}").Append(separator).Append(CultureInfo.InvariantCulture, $"{line.Code}");
            _row.Append(separator).Append(line.Edition.Name).Append(separator).Append(Scenario.Write(line.Scenarios));
            Append(_row.ToString());
        }

        if (_buffer.WrittenCount >= FlushBytes) { Flush(); }
    }

    public void Flush()
    {
        _output.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
        _output.Flush();
    }

    public void Dispose() => _json.Dispose();

    private static void WriteJson(Utf8JsonWriter json, in ShipmentLine line)
    {
        json.WriteStartObject();
        json.WriteString("id", line.Id);
        json.WriteString("shipper", line.Shipper);
        json.WriteString("timestamp", line.Time.UtcDateTime);
        json.WriteString("description", line.Description);
        json.WriteString("hs6", line.Label.ToString());
        json.WriteString("true_hs6", line.Code.ToString());
        json.WriteString("edition", line.Edition.Name);
        json.WriteString("scenario", Scenario.Write(line.Scenarios));
        json.WriteEndObject();
    }

    /// <summary>No phrase and no detail holds a tab or a line break, so that only CSV ever needs quotes.</summary>
    private void AppendText(string text)
    {
        if (_format == ShipmentFormat.Tsv || text.AsSpan().IndexOfAny(',', '"') < 0) { _row.Append(text); }
        else { _row.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"'); }
    }

    private void Append(string row)
    {
        Encoding.UTF8.GetBytes(row, _buffer);
        _buffer.Write("\n"u8);
    }
}
