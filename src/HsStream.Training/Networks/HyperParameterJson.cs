using System.Text.Json;
using System.Text.Json.Serialization;

namespace HsStream.Training.Networks;

/// <summary>Hyper-parameters as JSON: snake case, a member that is left out keeps its default, an unknown one is refused.</summary>
internal static class HyperParameterJson
{
    // By reflection: generated code would set members that are left out to zero.
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
    };

    public static byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    /// <param name="what">How messages call the whole.</param>
    /// <exception cref="HyperParameterException">Not JSON of this form, or an unknown member.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, string what)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new HyperParameterException($"{what} must be an object, and is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new HyperParameterException($"{what} cannot be read: {e.Message}");
        }
    }
}
