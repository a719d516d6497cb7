using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Avro;
using Confluent.SchemaRegistry;
using HsStream.Cli.Connect;

namespace HsStream.Cli.Tail;

/// <summary>Shows a record's bytes: by the registered schema that they name, else as JSON or text, else as hexadecimal digits.</summary>
internal sealed class ValueDecoder : IDisposable
{
    private const int FrameBytes = 5;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly CachedSchemaRegistryClient _registry;
    private readonly Dictionary<int, Avro.Schema?> _schemas = [];
    private readonly string _address;

    public ValueDecoder(Connections connections)
    {
        _address = connections.Registry;
        _registry = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = connections.Registry, RequestTimeoutMs = 5000, MaxRetries = 1 });
    }

    /// <exception cref="OperatorException">The registry does not answer.</exception>
    public async Task<JsonNode?> DecodeAsync(byte[]? bytes)
    {
        if (bytes is null) { return null; }
        if (bytes.Length > FrameBytes && bytes[0] == 0)
        {
            var id = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1));
            if (await SchemaAsync(id) is { } schema)
            {
                try
                {
                    using var stream = new MemoryStream(bytes, FrameBytes, bytes.Length - FrameBytes);
                    var value = AvroJson.Decode(schema, stream);
                    if (stream.Position == stream.Length) { return value; }
                }
                catch (Exception e) when (e is AvroException or OverflowException or ArgumentException or IOException or OutOfMemoryException)
                {
                    // Not this schema's bytes: shown as they are.
                }
            }
        }

        return Plain(bytes);
    }

    public void Dispose() => _registry.Dispose();

    /// <summary>Keys are text as a rule.</summary>
    public static string? Text(byte[]? bytes)
    {
        if (bytes is null) { return null; }
        try
        {
            var text = Strict.GetString(bytes);
            return text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')) ? Hex(bytes) : text;
        }
        catch (DecoderFallbackException)
        {
            return Hex(bytes);
        }
    }

    private static JsonNode? Plain(byte[] bytes)
    {
        if (bytes.Length > 0 && bytes[0] is (byte)'{' or (byte)'[')
        {
            try
            {
                return JsonNode.Parse(bytes);
            }
            catch (JsonException)
            {
                // Text that begins like JSON.
            }
        }

        return Text(bytes);
    }

    private static string Hex(byte[] bytes) => "0x" + Convert.ToHexStringLower(bytes);

    private async Task<Avro.Schema?> SchemaAsync(int id)
    {
        if (_schemas.TryGetValue(id, out var known)) { return known; }
        try
        {
            var registered = await _registry.GetSchemaAsync(id);
            known = registered.SchemaType == SchemaType.Avro ? Avro.Schema.Parse(registered.SchemaString) : null;
        }
        catch (SchemaRegistryException e) when ((int)e.Status == 404)
        {
            known = null;
        }
        catch (SchemaParseException)
        {
            known = null;
        }
        catch (HttpRequestException e)
        {
            throw new OperatorException($"no schema registry answers at {_address}: {e.Message}; start one with hsstream up, or name it with --registry", e);
        }

        _schemas.Add(id, known);
        return known;
    }
}
