using System.Buffers.Binary;

namespace HsStream.Embedded.Broker.Protocol;

/// <summary>The header of a request.</summary>
internal readonly record struct RequestHeader(ApiInfo Api, short Version, int CorrelationId, string? ClientId)
{
    public bool IsFlexible => Api.IsFlexible(Version);
}

/// <summary>Puts headers before messages and takes them off again, on the broker's side and on the client's.</summary>
internal static class Frame
{
    /// <summary>API key, version and correlation id: what every request begins with.</summary>
    public const int MinRequestBytes = 8;

    /// <summary>Reads the header that fits the request's version (v1, or v2 for flexible ones).</summary>
    /// <returns>
    /// False when the key or version is not served; the header then has no client id, and <see cref="RequestHeader.Api"/> is
    /// null for an unknown key.
    /// </returns>
    public static bool TryReadRequestHeader(WireReader reader, out RequestHeader header)
    {
        short key = 0;
        short version = 0;
        var correlationId = 0;
        reader.Begin(0, flexible: false);
        reader.Int16(ref key);
        reader.Int16(ref version);
        reader.Int32(ref correlationId);
        var api = ApiTable.Find(key);
        if (api is null || version < api.MinServed || version > api.MaxVersion)
        {
            header = new RequestHeader(api!, version, correlationId, null);
            return false;
        }

        header = new RequestHeader(api, version, correlationId, reader.ClassicNullableString());
        reader.Begin(version, api.IsFlexible(version));
        reader.Tags();
        return true;
    }

    /// <summary>Reads the body after <see cref="TryReadRequestHeader"/>; bytes after it are ignored, as Kafka ignores them.</summary>
    public static IWireStruct ReadRequest(WireReader reader, in RequestHeader header)
    {
        var request = header.Api.NewRequest();
        request.Visit(reader);
        reader.Tags();
        return request;
    }

    /// <summary>Writes length, request header and body: what a client sends.</summary>
    public static void WriteRequest(WireWriter writer, ApiInfo api, short version, int correlationId, string? clientId, IWireStruct request)
    {
        writer.Begin(version, flexible: false);
        writer.Put(0);
        writer.Put((short)api.Key);
        writer.Put(version);
        writer.Put(correlationId);
        writer.ClassicNullableString(clientId);
        writer.Begin(version, api.IsFlexible(version));
        writer.Tags();
        WriteBody(writer, request);
    }

    /// <summary>Writes length, response header and body: what the broker answers.</summary>
    /// <remarks>ApiVersions always has response header v0, so that a client can read it before it knows our versions.</remarks>
    public static void WriteResponse(WireWriter writer, ApiInfo api, short version, int correlationId, IWireStruct response)
    {
        writer.Begin(version, api.IsFlexible(version));
        writer.Put(0);
        writer.Put(correlationId);
        if (api.Key != ApiKey.ApiVersions) { writer.Tags(); }
        WriteBody(writer, response);
    }

    /// <summary>Reads a response frame (without its length), the client's side of <see cref="WriteResponse"/>.</summary>
    public static (int CorrelationId, IWireStruct Response) ReadResponse(Memory<byte> frame, ApiInfo api, short version)
    {
        var reader = new WireReader(frame, int.MaxValue);
        var correlationId = BinaryPrimitives.ReadInt32BigEndian(frame.Span);
        reader.Begin(version, flexible: false);
        reader.Int32(ref correlationId);
        reader.Begin(version, api.IsFlexible(version));
        if (api.Key != ApiKey.ApiVersions) { reader.Tags(); }
        var response = api.NewResponse();
        response.Visit(reader);
        reader.Tags();
        if (reader.Remaining > 0) { throw new ProtocolException($"Expected the end of the response, got {reader.Remaining} more bytes."); }
        return (correlationId, response);
    }

    private static void WriteBody(WireWriter writer, IWireStruct body)
    {
        body.Visit(writer);
        writer.Tags();
        writer.PatchInt32(0, writer.TotalLength - 4);
    }
}
