using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace HsStream.Domain.Messages;

/// <summary>Names a prediction by what it follows from, so that the same question to the same model has the same name.</summary>
public static class PredictionId
{
    /// <returns>32 lower-case hexadecimal digits: the first half of a SHA-256 over the three parts, each after its length.</returns>
    public static string Of(string descriptionId, string inputHash, string modelVersion)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var part in (ReadOnlySpan<string>)[descriptionId, inputHash, modelVersion])
        {
            var utf8 = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, utf8.Length);
            hash.AppendData(length);
            hash.AppendData(utf8);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
