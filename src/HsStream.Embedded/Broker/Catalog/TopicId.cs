using System.Buffers.Text;

namespace HsStream.Embedded.Broker.Catalog;

/// <summary>Topic ids as Kafka writes them: 16 bytes in network order, in text 22 characters of URL-safe base64.</summary>
internal static class TopicId
{
    private const int TextLength = 22;

    /// <summary>A random id whose text does not begin with a dash, so that it is never taken for an option.</summary>
    public static Guid New()
    {
        while (true)
        {
            var id = Guid.NewGuid();
            if (!ToText(id).StartsWith('-')) { return id; }
        }
    }

    public static string ToText(Guid id) => Base64Url.EncodeToString(id.ToByteArray(bigEndian: true));

    public static bool TryParse(ReadOnlySpan<char> text, out Guid id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[16];
        if (text.Length != TextLength || !Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != 16)
        {
            return false;
        }

        id = new Guid(bytes, bigEndian: true);
        return true;
    }
}
