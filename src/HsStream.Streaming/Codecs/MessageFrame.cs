using System.Buffers.Binary;
using System.Text;
using HsStream.Domain.Messages;

namespace HsStream.Streaming.Codecs;

/// <summary>What stands before the Avro bytes: a zero byte and the schema id, 4 bytes, big-endian.</summary>
internal static class MessageFrame
{
    public const int HeaderBytes = 5;
    private const int LongestShown = 40;

    /// <exception cref="RecordException">Null, or not framed.</exception>
    public static int SchemaId(byte[]? value)
    {
        if (value is null) { throw new RecordException(DeadLetterReasons.NullValue, "expected a value, got null"); }
        if (value.Length < HeaderBytes) { throw new RecordException(DeadLetterReasons.NotFramed, $"expected at least {HeaderBytes} bytes, got {value.Length}"); }
        if (value[0] != 0) { throw new RecordException(DeadLetterReasons.NotFramed, $"expected the magic byte 0, got {value[0]}"); }
        return BinaryPrimitives.ReadInt32BigEndian(value.AsSpan(1));
    }

    public static bool IsKey(byte[]? key, string expected)
    {
        if (key is null) { return false; }
        Span<byte> utf8 = stackalloc byte[512];
        return Encoding.UTF8.TryGetBytes(expected, utf8, out var length) ? utf8[..length].SequenceEqual(key) : Encoding.UTF8.GetBytes(expected).AsSpan().SequenceEqual(key);
    }

    public static string Show(byte[]? key) => key is null ? "none" : Show(Encoding.UTF8.GetString(key.AsSpan(0, Math.Min(key.Length, LongestShown + 1))));

    public static string Show(string key)
    {
        var cut = key.Length > LongestShown ? key[..LongestShown] + "…" : key;
        return $"'{string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c))}'";
    }
}
