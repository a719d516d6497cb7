using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace HsStream.Service.Scoring;

/// <summary>Which descriptions of an experiment the candidate serves: always the same ones, on every scorer.</summary>
internal static class ExperimentAssignment
{
    /// <summary>
    /// The first 64 bits of SHA-256 over salt, a zero byte and description id, as a fraction of 2^64, are below the share. So a larger
    /// share keeps everyone that the smaller one had, and another salt draws afresh.
    /// </summary>
    /// <param name="share">0 to 1.</param>
    public static bool IsCandidate(string salt, string descriptionId, double share)
    {
        var longest = Encoding.UTF8.GetMaxByteCount(salt.Length + descriptionId.Length) + 1;
        Span<byte> text = longest <= 1024 ? stackalloc byte[longest] : new byte[longest];
        var length = Encoding.UTF8.GetBytes(salt, text);
        text[length++] = 0;
        length += Encoding.UTF8.GetBytes(descriptionId, text[length..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], hash);
        // 53 bits are exact in a double.
        return (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * (1.0 / (1L << 53)) < share;
    }
}
