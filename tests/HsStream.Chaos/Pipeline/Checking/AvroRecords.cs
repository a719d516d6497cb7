using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Avro;
using Avro.Generic;
using Avro.IO;

namespace HsStream.Chaos.Pipeline.Checking;

/// <summary>Reads framed Avro with Apache's own reader and the writer's schema, asked from the registry over HTTP.</summary>
internal sealed class AvroRecords(Uri registry) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = registry, Timeout = TimeSpan.FromSeconds(30) };
    private readonly ConcurrentDictionary<int, GenericDatumReader<GenericRecord>?> _readers = new();

    /// <summary>The text of a schema in <c>schemas/</c>, as it was when this was built.</summary>
    public static string Committed(string name)
    {
        using var resource = typeof(AvroRecords).Assembly.GetManifestResourceStream(name + ".avsc") ?? throw new ArgumentException($"Expected the name of a committed schema, got '{name}'.", nameof(name));
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }

    /// <returns>Null when the value is not a framed record of this name.</returns>
    public GenericRecord? TryRead(byte[]? value, string name)
    {
        if (value is null || value.Length < 5 || value[0] != 0) { return null; }
        if (_readers.GetOrAdd(BinaryPrimitives.ReadInt32BigEndian(value.AsSpan(1)), Ask) is not { } reader) { return null; }
        try
        {
            using var bytes = new MemoryStream(value, 5, value.Length - 5);
            var record = reader.Read(null!, new BinaryDecoder(bytes));
            return record.Schema.Fullname == name && bytes.Position == bytes.Length ? record : null;
        }
        catch (Exception e) when (e is AvroException or IOException or InvalidDataException or OverflowException or ArgumentException or IndexOutOfRangeException or OutOfMemoryException)
        {
            return null;
        }
    }

    public GenericRecord Read(byte[]? value, string name) =>
        TryRead(value, name) ?? throw new InvalidDataException($"Expected a framed {name}, got {value?.Length.ToString() ?? "no"} bytes that are not one.");

    /// <summary>Registers a schema under a subject, or finds it there.</summary>
    /// <returns>Its id.</returns>
    public async Task<int> RegisterAsync(string subject, string schema, CancellationToken cancellationToken)
    {
        using var answer = await _http.PostAsJsonAsync($"subjects/{subject}/versions", new { schema }, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("id").GetInt32();
    }

    public void Dispose() => _http.Dispose();

    private GenericDatumReader<GenericRecord>? Ask(int id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"schemas/ids/{id}");
        using var answer = _http.Send(request);
        if (answer.StatusCode == System.Net.HttpStatusCode.NotFound) { return null; }
        answer.EnsureSuccessStatusCode();
        using var document = JsonDocument.Parse(answer.Content.ReadAsStream());
        return Schema.Parse(document.RootElement.GetProperty("schema").GetString()!) is RecordSchema schema ? new GenericDatumReader<GenericRecord>(schema, schema) : null;
    }
}
