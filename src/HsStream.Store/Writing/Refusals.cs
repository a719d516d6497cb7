using HsStream.Store.Events;

namespace HsStream.Store.Writing;

/// <summary>Names that PostgreSQL cannot hold as a stream id.</summary>
internal static class Refusals
{
    /// <summary>An index entry of PostgreSQL holds about 2,700 bytes; a character has up to 3.</summary>
    private const int MaxCharacters = 600;

    /// <returns>Null, or what is wrong with it.</returns>
    public static string? OfStreamId(string streamId) =>
        streamId.Length > MaxCharacters ? $"Expected an id of at most {MaxCharacters} characters, got {streamId.Length}."
        : !SafeText.IsStorable(streamId) ? "Expected an id without U+0000, U+001B and lone surrogates."
        : null;
}
