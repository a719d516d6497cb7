using System.Buffers.Text;
using System.Globalization;

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

    /// <summary>Name of the folder that holds one partition's files.</summary>
    public static string DirectoryName(Guid id, int partition) =>
        string.Create(CultureInfo.InvariantCulture, $"{ToText(id)}-{partition}");

    /// <summary>Reads a folder name made by <see cref="DirectoryName"/>.</summary>
    public static bool TryParseDirectoryName(ReadOnlySpan<char> name, out Guid id, out int partition)
    {
        partition = -1;
        return TryParse(name[..Math.Min(name.Length, TextLength)], out id) && name.Length > TextLength + 1 && name[TextLength] == '-'
            && int.TryParse(name[(TextLength + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out partition);
    }
}
