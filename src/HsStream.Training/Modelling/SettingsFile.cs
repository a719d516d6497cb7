using System.Text.Json;
using System.Text.Json.Serialization;
using HsStream.Training.Networks;

namespace HsStream.Training.Modelling;

/// <summary>Settings that a person writes as JSON: what is left out keeps its default, what is unknown is an error.</summary>
/// <remarks>Generated readers, as the stored forms use, give left-out members of a record zero instead of their default.</remarks>
public static class SettingsFile
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <typeparam name="T">NetworkDefinition, TrainingOptions or EncoderDefinition; validated where it is used.</typeparam>
    /// <exception cref="HyperParameterException">Not JSON of this form, or an unknown member.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new HyperParameterException($"{name} is null; expected an object.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new HyperParameterException($"{name} cannot be read: {e.Message}");
        }
    }
}
