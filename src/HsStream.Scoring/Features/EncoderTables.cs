using System.Buffers.Binary;
using System.Numerics;

namespace HsStream.Scoring.Features;

/// <summary>What the encoder learnt from the training texts; the file encoder.bin of a bundle.</summary>
/// <remarks>
/// Layout, little endian: "HSET", u32 version 1, u64 training texts, u32 buckets, f32 idf level[256], u8 level of each
/// bucket, u32 words, u64 hash of each word in the order of its token id. Level 0 is weight 0.
/// </remarks>
internal sealed class EncoderTables
{
    private const int Version = 1;
    private readonly float[] _levels;
    private readonly byte[] _levelOf;
    private readonly ulong[] _words;
    private readonly ulong[] _slotKeys;
    private readonly int[] _slotIds;
    private readonly int _shift;

    public EncoderTables(long texts, float[] levels, byte[] levelOf, ulong[] words)
    {
        Texts = texts;
        _levels = levels;
        _levelOf = levelOf;
        _words = words;
        var bits = Math.Max(4, BitOperations.Log2((uint)Math.Max(1, words.Length)) + 2);
        _shift = 64 - bits;
        _slotKeys = new ulong[1 << bits];
        _slotIds = new int[1 << bits];
        for (var i = 0; i < words.Length; i++)
        {
            var slot = (int)(words[i] >> _shift);
            while (_slotIds[slot] != 0)
            {
                if (_slotKeys[slot] == words[i])
                {
                    throw new EncoderFormatException($"Encoder tables: word {i + 1} repeats word {_slotIds[slot]}.");
                }

                slot = (slot + 1) & (_slotIds.Length - 1);
            }

            _slotKeys[slot] = words[i];
            _slotIds[slot] = i + 1;
        }
    }

    public long Texts { get; }

    public int Words => _words.Length;

    public float Idf(int bucket) => _levels[_levelOf[bucket]];

    /// <summary>The token id of a word by its hash, or 0.</summary>
    public int WordId(ulong hash)
    {
        var slot = (int)(hash >> _shift);
        while (_slotIds[slot] != 0)
        {
            if (_slotKeys[slot] == hash)
            {
                return _slotIds[slot];
            }

            slot = (slot + 1) & (_slotIds.Length - 1);
        }

        return 0;
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[20 + 1024 + _levelOf.Length + 4 + (8 * _words.Length)];
        "HSET"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), Texts);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), _levelOf.Length);
        var at = 20;
        foreach (var level in _levels)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at), level);
            at += 4;
        }

        _levelOf.CopyTo(bytes, at);
        at += _levelOf.Length;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), _words.Length);
        at += 4;
        foreach (var word in _words)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), word);
            at += 8;
        }

        return bytes;
    }

    /// <exception cref="EncoderFormatException">The bytes are not tables for this definition.</exception>
    public static EncoderTables Parse(ReadOnlySpan<byte> bytes, EncoderDefinition definition)
    {
        var buckets = definition.Ngrams.Buckets;
        var fixedLength = 20 + 1024 + buckets + 4;
        if (bytes.Length < fixedLength || !bytes.StartsWith("HSET"u8))
        {
            throw new EncoderFormatException($"Encoder tables: expected at least {fixedLength} bytes that begin with HSET, found {bytes.Length}.");
        }

        Same("version", Version, BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]));
        Same("buckets", buckets, BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]));
        var words = BinaryPrimitives.ReadInt32LittleEndian(bytes[(fixedLength - 4)..]);
        if (words < 0 || words > definition.Tokens.Vocabulary)
        {
            throw new EncoderFormatException($"Encoder tables: expected at most {definition.Tokens.Vocabulary} words, found {words}.");
        }

        Same("length", fixedLength + (8L * words), bytes.Length);
        var levels = new float[256];
        for (var i = 0; i < levels.Length; i++)
        {
            levels[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(20 + (4 * i))..]);
            if (!(levels[i] is >= 0 and <= 1000))
            {
                throw new EncoderFormatException($"Encoder tables: idf level {i} must be 0 to 1000, and is {levels[i]}.");
            }
        }

        var hashes = new ulong[words];
        for (var i = 0; i < words; i++)
        {
            hashes[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(fixedLength + (8 * i))..]);
        }

        return new EncoderTables(BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]), levels, bytes.Slice(20 + 1024, buckets).ToArray(), hashes);
    }

    private static void Same(string what, long expected, long found)
    {
        if (expected != found)
        {
            throw new EncoderFormatException($"Encoder tables: expected {what} {expected}, found {found}.");
        }
    }
}
