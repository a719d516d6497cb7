using System.Runtime.InteropServices;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <summary>Keys and values of the internal topics: a version, then a message in that version.</summary>
internal static class StateRecord
{
    public static byte[] Write(short version, IWireStruct body)
    {
        using var writer = new WireWriter();
        writer.Put(version);
        writer.Begin(version, flexible: false);
        body.Visit(writer);
        return writer.Written.ToArray();
    }

    /// <summary>The version a key or value starts with, or -1 when it is too short to have one.</summary>
    public static short Version(ReadOnlyMemory<byte> bytes) =>
        bytes.Length >= 2 ? System.Buffers.Binary.BinaryPrimitives.ReadInt16BigEndian(bytes.Span) : (short)-1;

    /// <param name="firstFlexible">First version with compact lengths and tag buffers; fields in tags are skipped.</param>
    /// <exception cref="ProtocolException">The bytes are not such a message.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> bytes, short firstFlexible = short.MaxValue)
        where T : IWireStruct, new()
    {
        var reader = new WireReader(MemoryMarshal.AsMemory(bytes));
        short version = 0;
        reader.Int16(ref version);
        reader.Begin(version, version >= firstFlexible);
        var body = new T();
        body.Visit(reader);
        reader.Tags();
        return body;
    }
}
