using System.Security.Cryptography;
using System.Text;

namespace HsStream.Domain.Messages;

/// <summary>Identifies a description's text without telling it. Not salted: whoever has a guess can test it.</summary>
public static class TextHash
{
    /// <returns><c>sha256:</c> and 64 lower-case hexadecimal digits over the UTF-8 bytes; a lone surrogate counts as U+FFFD.</returns>
    public static string Of(string text) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
