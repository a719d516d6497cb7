using System.Buffers.Binary;
using System.IO.Compression;
using K4os.Compression.LZ4.Streams;
using Snappier;
using ZstdSharp;

namespace HsStream.Embedded.Broker.Log;

/// <summary>How the records of a batch are compressed; the values are those of the attribute bits.</summary>
internal enum CompressionCodec : byte
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}

/// <summary>Compresses and decompresses the records section of a batch.</summary>
internal static class Compression
{
    /// <summary>Smallest share of the output that a snappy stream of that size must have: its densest element makes 64 bytes of 3.</summary>
    private const int MaxSnappyExpansion = 64;

    /// <summary>Header of the block format that the Java client writes around snappy: magic, version, compatible version.</summary>
    private const int XerialHeaderBytes = 16;

    private static ReadOnlySpan<byte> XerialMagic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    /// <exception cref="InvalidRecordException">The bytes are not what the codec writes, or become larger than <paramref name="maxBytes"/>.</exception>
    /// <remarks>Allocates at most twice <paramref name="maxBytes"/> plus the codec's window (128 MiB for zstd at its strongest level).</remarks>
    public static ReadOnlyMemory<byte> Decompress(CompressionCodec codec, ReadOnlyMemory<byte> compressed, int maxBytes)
    {
        try
        {
            return codec switch
            {
                CompressionCodec.None => compressed,
                CompressionCodec.Gzip => Drain(new GZipStream(AsStream(compressed), CompressionMode.Decompress), maxBytes),
                CompressionCodec.Snappy => DecompressSnappy(compressed.Span, maxBytes),
                CompressionCodec.Lz4 => Drain(LZ4Stream.Decode(AsStream(compressed)), maxBytes),
                CompressionCodec.Zstd => Drain(new DecompressionStream(AsStream(compressed)), maxBytes),
                _ => throw new InvalidRecordException($"Compression codec {(int)codec} is unknown."),
            };
        }
        catch (Exception e) when (e is not InvalidRecordException and not OutOfMemoryException)
        {
            // The decoders throw a dozen different exceptions on bytes they do not understand.
            throw new InvalidRecordException($"The {codec} data could not be decompressed: {e.Message}", e);
        }
    }

    public static byte[] Compress(CompressionCodec codec, ReadOnlySpan<byte> plain)
    {
        if (codec == CompressionCodec.None) { return plain.ToArray(); }

        if (codec == CompressionCodec.Snappy) { return Snappy.CompressToArray(plain); }

        using var output = new MemoryStream();
        using (var encoder = Encoder(codec, output)) { encoder.Write(plain); }

        return output.ToArray();
    }

    private static Stream Encoder(CompressionCodec codec, Stream output) => codec switch
    {
        CompressionCodec.Gzip => new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true),
        CompressionCodec.Lz4 => LZ4Stream.Encode(output, leaveOpen: true),
        CompressionCodec.Zstd => new CompressionStream(output, leaveOpen: true),
        _ => throw new ArgumentOutOfRangeException(nameof(codec), codec, "Expected a known codec."),
    };

    private static MemoryStream AsStream(ReadOnlyMemory<byte> bytes) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out var segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);

    private static ReadOnlyMemory<byte> Drain(Stream decoder, int maxBytes)
    {
        using (decoder)
        {
            var buffer = new byte[Math.Min(maxBytes, 16 * 1024)];
            var length = 0;
            while (true)
            {
                if (length == buffer.Length)
                {
                    if (length == maxBytes)
                    {
                        return decoder.ReadByte() < 0 ? buffer : throw TooLarge(maxBytes);
                    }

                    Array.Resize(ref buffer, (int)Math.Min(maxBytes, buffer.Length * 2L));
                }

                var read = decoder.Read(buffer, length, buffer.Length - length);
                if (read == 0) { return buffer.AsMemory(0, length); }

                length += read;
            }
        }
    }

    /// <summary>librdkafka and others send one raw block, the Java client length-prefixed blocks behind a header.</summary>
    private static byte[] DecompressSnappy(ReadOnlySpan<byte> compressed, int maxBytes)
    {
        if (!compressed.StartsWith(XerialMagic))
        {
            var plain = new byte[SnappyLength(compressed, maxBytes)];
            DecompressSnappyBlock(compressed, plain);
            return plain;
        }

        var total = 0;
        for (var rest = XerialBlocks(compressed); rest.Length > 0;)
        {
            total += SnappyLength(NextXerialBlock(ref rest), maxBytes - total);
        }

        var output = new byte[total];
        var written = 0;
        for (var rest = XerialBlocks(compressed); rest.Length > 0;)
        {
            written += DecompressSnappyBlock(NextXerialBlock(ref rest), output.AsSpan(written));
        }

        return output;
    }

    private static ReadOnlySpan<byte> XerialBlocks(ReadOnlySpan<byte> compressed) =>
        compressed.Length >= XerialHeaderBytes
            ? compressed[XerialHeaderBytes..]
            : throw new InvalidRecordException("The snappy header is cut off.");

    private static ReadOnlySpan<byte> NextXerialBlock(ref ReadOnlySpan<byte> rest)
    {
        var length = rest.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32BigEndian(rest) : -1;
        if (length < 0 || length > rest.Length - sizeof(int))
        {
            throw new InvalidRecordException($"A snappy block of {length} bytes does not fit the {rest.Length} that are left.");
        }

        var block = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        return block;
    }

    private static int SnappyLength(ReadOnlySpan<byte> block, int maxBytes)
    {
        var length = Snappy.GetUncompressedLength(block);
        if (length < 0 || length > (long)block.Length * MaxSnappyExpansion)
        {
            throw new InvalidRecordException($"A snappy block of {block.Length} bytes claims to hold {length}.");
        }

        return length <= maxBytes ? length : throw TooLarge(maxBytes);
    }

    private static int DecompressSnappyBlock(ReadOnlySpan<byte> block, Span<byte> output)
    {
        var length = Snappy.GetUncompressedLength(block);
        var written = Snappy.Decompress(block, output[..length]);
        return written == length ? written : throw new InvalidRecordException($"Expected {length} bytes from snappy, got {written}.");
    }

    private static InvalidRecordException TooLarge(int maxBytes) =>
        new($"The records become larger than {maxBytes} bytes when decompressed.");
}
