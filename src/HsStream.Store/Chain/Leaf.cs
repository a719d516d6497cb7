using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HsStream.Store.Events;

namespace HsStream.Store.Chain;

/// <summary>The hash of one event: what the chain protects.</summary>
/// <remarks>
/// SHA-256 over 0x00, the sequence, the stream id after its length, the version, the type after its length, the microseconds
/// since 1970 and the SHA-256 of the canonical JSON without the erasable part; integers are 8 bytes (lengths 4), big-endian.
/// The prefix keeps leaves and nodes apart, as RFC 6962, 2.1, has it.
/// </remarks>
public static class Leaf
{
    public const int Bytes = SHA256.HashSizeInBytes;

    public static void Hash(long sequence, string streamId, long version, string type, DateTimeOffset timestamp, ReadOnlySpan<byte> dataHash, Span<byte> leaf)
    {
        var maximum = 1 + 8 + 4 + Encoding.UTF8.GetMaxByteCount(streamId.Length) + 8 + 4 + Encoding.UTF8.GetMaxByteCount(type.Length) + 8 + Bytes;
        var buffer = maximum <= 1024 ? stackalloc byte[1024] : new byte[maximum];
        buffer[0] = 0;
        var at = 1;
        at += WriteLong(buffer[at..], sequence);
        at += WriteText(buffer[at..], streamId);
        at += WriteLong(buffer[at..], version);
        at += WriteText(buffer[at..], type);
        at += WriteLong(buffer[at..], Microseconds(timestamp));
        dataHash.CopyTo(buffer[at..]);
        SHA256.HashData(buffer[..(at + dataHash.Length)], leaf);
    }

    /// <summary>The event id that Marten stores: the leaf's first half, in the dress of a UUID of version 8 (RFC 9562).</summary>
    public static Guid EventId(ReadOnlySpan<byte> leaf)
    {
        Span<byte> id = stackalloc byte[16];
        leaf[..16].CopyTo(id);
        id[6] = (byte)((id[6] & 0x0F) | 0x80);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }

    public static long Microseconds(DateTimeOffset instant) => (instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>Binds an event to its erasable part without telling it.</summary>
    /// <param name="secret">Canonical JSON of the erasable part, without its salt.</param>
    public static byte[] Commit(string salt, ReadOnlySpan<byte> secret)
    {
        var salted = new byte[1 + salt.Length + secret.Length];
        salted[0] = 3;
        Encoding.ASCII.GetBytes(salt, salted.AsSpan(1));
        secret.CopyTo(salted.AsSpan(1 + salt.Length));
        return SHA256.HashData(salted);
    }

    /// <summary>Takes an event apart as it was read back from the store or an export.</summary>
    /// <exception cref="JsonException">Not JSON.</exception>
    public static StoredData Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var canonical = new ArrayBufferWriter<byte>(json.Length + 16);
        if (root.ValueKind != JsonValueKind.Object)
        {
            CanonicalJson.Write(root, canonical);
            return new StoredData(SHA256.HashData(canonical.WrittenSpan), PrivatePart.None);
        }

        CanonicalJson.Write(root, canonical, LedgerJson.Private);
        return new StoredData(SHA256.HashData(canonical.WrittenSpan), ReadPrivate(root));
    }

    private static PrivatePart ReadPrivate(JsonElement root)
    {
        var hasSecret = root.TryGetProperty(LedgerJson.Private, out var secret) && secret.ValueKind != JsonValueKind.Null;
        if (!root.TryGetProperty(LedgerJson.Commitment, out var commitment) || commitment.ValueKind != JsonValueKind.String)
        {
            return hasSecret ? PrivatePart.Wrong : PrivatePart.None;
        }

        if (!hasSecret) { return PrivatePart.Erased; }
        if (secret.ValueKind != JsonValueKind.Object || !secret.TryGetProperty(LedgerJson.Salt, out var salt) || salt.ValueKind != JsonValueKind.String)
        {
            return PrivatePart.Wrong;
        }

        var canonical = new ArrayBufferWriter<byte>(512);
        CanonicalJson.Write(secret, canonical, LedgerJson.Salt);
        return Convert.ToHexStringLower(Commit(salt.GetString()!, canonical.WrittenSpan)) == commitment.GetString() ? PrivatePart.Intact : PrivatePart.Wrong;
    }

    private static int WriteLong(Span<byte> buffer, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(buffer, value);
        return sizeof(long);
    }

    private static int WriteText(Span<byte> buffer, string text)
    {
        var length = Encoding.UTF8.GetBytes(text, buffer[sizeof(int)..]);
        BinaryPrimitives.WriteInt32BigEndian(buffer, length);
        return sizeof(int) + length;
    }
}

public readonly record struct StoredData(byte[] DataHash, PrivatePart Private);

/// <summary>How an event's erasable part stands to its commitment.</summary>
public enum PrivatePart
{
    /// <summary>The event has no such part.</summary>
    None,
    Intact,

    /// <summary>Gone; an event of erasure must say so.</summary>
    Erased,

    /// <summary>There, but not what was committed to.</summary>
    Wrong,
}
