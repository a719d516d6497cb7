using System.Buffers.Binary;
using HsStream.Embedded.Broker.Disk;

namespace HsStream.Embedded.Broker.Log;

/// <summary>
/// A small file beside a segment that can be rebuilt from it: a payload, then kind, length and CRC-32C. Written whole, once; a reader
/// takes it only when all three fit, so it need not be flushed.
/// </summary>
internal static class SideFile
{
    private const int TrailerBytes = 12;

    public static void Write(IDisk disk, string path, uint kind, ReadOnlySpan<byte> payload, bool flush = false)
    {
        var bytes = new byte[payload.Length + TrailerBytes];
        payload.CopyTo(bytes);
        var trailer = bytes.AsSpan(payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, kind);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[4..], payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[8..], Crc32C.Compute(bytes.AsSpan(0, payload.Length + 8)));
        using var file = disk.OpenOrCreate(path);
        file.SetLength(0);
        file.Write(bytes, 0);
        if (flush) { file.Flush(); }
    }

    /// <returns>The payload, or null when the file is missing or not what was written.</returns>
    public static byte[]? Read(IDisk disk, string path, uint kind)
    {
        try
        {
            using var file = disk.OpenRead(path);
            var length = file.Length;
            if (length is < TrailerBytes or > int.MaxValue) { return null; }

            var bytes = new byte[length];
            if (file.Read(bytes, 0) != length) { return null; }

            var trailer = bytes.AsSpan(bytes.Length - TrailerBytes);
            return BinaryPrimitives.ReadUInt32LittleEndian(trailer) == kind
                && BinaryPrimitives.ReadInt32LittleEndian(trailer[4..]) == bytes.Length - TrailerBytes
                && BinaryPrimitives.ReadUInt32LittleEndian(trailer[8..]) == Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4))
                ? bytes[..^TrailerBytes]
                : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
