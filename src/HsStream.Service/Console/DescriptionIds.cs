using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace HsStream.Service.Console;

/// <summary>Ids of descriptions as HTTP takes and makes them.</summary>
internal static class DescriptionIds
{
    public const int MaxLength = 200;

    /// <summary>What Kafka's publishers may use is not limited so; an id that stands in addresses and file names is.</summary>
    private const string Rule = "1 to 200 of the characters A-Z a-z 0-9 . _ : - / @ + = ~, and no empty, '.' or '..' part between slashes";

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-/@+=~");

    /// <returns>Null when a new description may have this id.</returns>
    public static Refusal? Check(string field, string id) =>
        id.Length is < 1 or > MaxLength || id.AsSpan().ContainsAnyExcept(Allowed) || HasDots(id)
            ? new Refusal(field, Rule, id.Length > MaxLength ? $"{id.Length} characters" : Refusal.Show(id))
            : null;

    /// <returns>Null when an id may be looked up: also those that only Kafka's publishers can use.</returns>
    public static Refusal? CheckLookup(string field, string id) =>
        id.Length is < 1 or > MaxLength ? new Refusal(field, $"1 to {MaxLength} characters", $"{id.Length} characters")
        : id.Any(char.IsControl) || HasDots(id) ? new Refusal(field, "no control character and no empty, '.' or '..' part between slashes", Refusal.Show(id))
        : null;

    /// <summary>A new id, in the order of time.</summary>
    public static string Make(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow()).ToString("n");

    /// <summary>The same id for the same key and line, whichever process answers.</summary>
    /// <param name="line">From 1 in a bulk request; 0 for a single description.</param>
    public static string Derive(string idempotencyKey, int line) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"hsstream/idempotency\0{line}\0{idempotencyKey}")).AsSpan(0, 16));

    private static bool HasDots(string id) => id.Split('/').Any(part => part is "" or "." or "..");
}
