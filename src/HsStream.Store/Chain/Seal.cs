using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace HsStream.Store.Chain;

/// <summary>One link of the chain: everything that one transaction appended.</summary>
/// <param name="Number">1 for the first; no gaps.</param>
/// <param name="FirstSequence">Sequence of its first event; one more than the last event before it, also when it has none.</param>
/// <param name="Count">Events; 0 when its records repeated what was recorded.</param>
/// <param name="SealedAt">The timestamp of its events, to the microsecond.</param>
/// <param name="Advances">How far it moved each partition's offset, as <see cref="OffsetAdvance.Text"/> spells it.</param>
public sealed record Seal(long Number, long FirstSequence, int Count, DateTimeOffset SealedAt, string Advances, byte[] Root, byte[] Previous, byte[] Hash)
{
    /// <summary>What the first seal names as its previous one.</summary>
    public static byte[] Genesis { get; } = SHA256.HashData("hsstream ledger 1"u8);

    public long LastSequence => FirstSequence + Count - 1;

    /// <summary>"12:9f86d0…", as an operator notes it down.</summary>
    public string Name => Number + ":" + Convert.ToHexStringLower(Hash);

    public static Seal Create(long number, long firstSequence, int count, DateTimeOffset sealedAt, string advances, byte[] root, byte[] previous)
    {
        var unsigned = new Seal(number, firstSequence, count, sealedAt, advances, root, previous, []);
        return unsigned with { Hash = unsigned.ComputeHash() };
    }

    /// <returns>SHA-256 over 0x02 and all fields in order; integers 8 bytes big-endian, texts and hashes after their length (4 bytes).</returns>
    public byte[] ComputeHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([2]);
        Append(hash, Number);
        Append(hash, FirstSequence);
        Append(hash, Count);
        Append(hash, Leaf.Microseconds(SealedAt));
        Append(hash, Encoding.UTF8.GetBytes(Advances));
        Append(hash, Root);
        Append(hash, Previous);
        return hash.GetHashAndReset();
    }

    private static void Append(IncrementalHash hash, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        hash.AppendData(bytes);
    }

    private static void Append(IncrementalHash hash, byte[] bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}

/// <summary>The head of the chain as somebody noted it down, elsewhere, at some time.</summary>
public sealed record NotedHead(long Number, byte[] Hash)
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <param name="text">"12:" and 64 hexadecimal digits.</param>
    /// <exception cref="FormatException">It says what was expected and what arrived.</exception>
    public static NotedHead Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && long.TryParse(text.AsSpan(0, colon), System.Globalization.CultureInfo.InvariantCulture, out var number) && number > 0
            && text.Length - colon - 1 == 2 * Leaf.Bytes && text.AsSpan(colon + 1).IndexOfAnyExcept(HexDigits) < 0)
        {
            return new NotedHead(number, Convert.FromHexString(text.AsSpan(colon + 1)));
        }

        throw new FormatException($"Expected NUMBER:HASH with 64 hexadecimal digits, as status and verify print it, got '{text}'.");
    }
}
