using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HsStream.Chaos.Pipeline.Checking;

/// <summary>Halves of SHA-256, so that a million records fit in memory. The product's own hashing is not used.</summary>
internal static class Digests
{
    public static UInt128 Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    public static UInt128 OfText(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>Key and value of a record, with null told from empty.</summary>
    public static UInt128 OfRecord(byte[]? key, byte[]? value)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var part in (ReadOnlySpan<byte[]?>)[key, value])
        {
            BinaryPrimitives.WriteInt32BigEndian(length, part?.Length ?? -1);
            hash.AppendData(length);
            hash.AppendData(part ?? []);
        }

        return BinaryPrimitives.ReadUInt128BigEndian(hash.GetHashAndReset());
    }

    /// <summary>The first half of a hash that is written as <c>sha256:</c> and 64 digits.</summary>
    public static UInt128 Parse(string hash) =>
        hash.StartsWith("sha256:", StringComparison.Ordinal) && hash.Length == 71
            ? UInt128.Parse(hash.AsSpan(7, 32), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : throw new FormatException($"Expected sha256: and 64 digits, got '{hash}'.");

    /// <summary>The name that a prediction must have: half a SHA-256 over the three parts, each after its length in 4 bytes, big-endian.</summary>
    public static UInt128 PredictionId(string descriptionId, string inputHash, string modelVersion)
    {
        using var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var part in (ReadOnlySpan<string>)[descriptionId, inputHash, modelVersion])
        {
            var utf8 = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, utf8.Length);
            bytes.Write(length);
            bytes.Write(utf8);
        }

        return Of(bytes.ToArray());
    }
}

/// <summary>Collects the parts of a prediction in one order, from Avro and from JSON alike.</summary>
internal sealed class ContentDigest
{
    private readonly StringBuilder _text = new(512);

    public ContentDigest Add(string? part)
    {
        _text.Append(part?.Length ?? -1).Append(':').Append(part).Append('\n');
        return this;
    }

    /// <summary>By its bits; the ledger's numbers know no negative zero.</summary>
    public ContentDigest Add(float value)
    {
        _text.Append(BitConverter.SingleToUInt32Bits(value + 0f)).Append('\n');
        return this;
    }

    public ContentDigest Add(double value)
    {
        _text.Append(BitConverter.DoubleToUInt64Bits(value + 0d)).Append('\n');
        return this;
    }

    public ContentDigest Add(long value)
    {
        _text.Append(value).Append('\n');
        return this;
    }

    public UInt128 Close() => Digests.OfText(_text.ToString());
}
