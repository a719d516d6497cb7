using System.Text.Json;
using System.Text.Json.Serialization;

namespace HsStream.Scoring.Confidence;

/// <summary>What turns raw scores into probabilities, sets and decisions; the file calibration.json of a bundle.</summary>
/// <remarks>Fitted by <see cref="CalibrationFitter"/> on rows that the network was not trained on.</remarks>
public sealed record Calibration
{
    /// <summary>The only format that this version reads and writes.</summary>
    public const int CurrentFormat = 1;

    [JsonPropertyOrder(-1)]
    public int FormatVersion { get; init; } = CurrentFormat;

    /// <summary>Rows that it was fitted on; 0 for a model that was not calibrated.</summary>
    public long Rows { get; init; }

    public Temperatures Temperatures { get; init; } = new(1, 1, 1);

    public ConformalMethod ConformalMethod { get; init; } = ConformalMethod.LeastAmbiguous;

    /// <summary>By rising coverage; empty when the model was not calibrated.</summary>
    public IReadOnlyList<ConformalThresholds> Conformal { get; init; } = [];

    public DecisionThresholds Decision { get; init; } = new();

    /// <summary>How sure to be of the best code, heading and chapter; null when the model was not calibrated.</summary>
    public Assessment? Assessment { get; init; }

    /// <summary>What the words of a text say about its code; null where nothing was fitted.</summary>
    public WordInformation? Words { get; init; }

    /// <summary>Texts that training saw under several codes, none of which prevails: base64 of rising 64-bit <see cref="Features.EncodedRow.TextHash"/>es.</summary>
    public byte[] AmbiguousTexts { get; init; } = [];

    /// <summary>A model without calibration: temperature 1, no sets, everything to review.</summary>
    public static Calibration None { get; } = new();

    /// <summary>The thresholds of the smallest coverage that is at least the wanted one.</summary>
    /// <returns>Null when nothing so high was fitted.</returns>
    public ConformalThresholds? ForCoverage(double coverage) => Conformal.FirstOrDefault(entry => entry.Coverage >= coverage - 1e-9);

    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, CalibrationJson.Default.Calibration), (byte)'\n'];

    /// <exception cref="FormatException">Says which member is wrong, what was expected and what was found.</exception>
    public static Calibration Parse(ReadOnlySpan<byte> json)
    {
        Calibration? calibration;
        try
        {
            var version = JsonSerializer.Deserialize(json, CalibrationFormatJson.Default.CalibrationFormat)?.FormatVersion;
            Require(version == CurrentFormat, "format_version", $"{CurrentFormat}", version?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "missing");
            calibration = JsonSerializer.Deserialize(json, CalibrationJson.Default.Calibration);
        }
        catch (JsonException e)
        {
            throw new FormatException($"The calibration cannot be read: {e.Message}", e);
        }

        if (calibration is null)
        {
            throw new FormatException("The calibration is null.");
        }

        calibration.Validate();
        return calibration;
    }

    internal static void Require(bool holds, string member, string expected, object? found)
    {
        if (!holds)
        {
            throw new FormatException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Calibration: {member} must be {expected}, and is {found ?? "null"}."));
        }
    }

    private void Validate()
    {
        foreach (var (name, value) in new[] { ("subheading", Temperatures.Subheading), ("heading", Temperatures.Heading), ("chapter", Temperatures.Chapter) })
        {
            Require(value is >= 0.01f and <= 100, "temperatures." + name, "0.01 to 100", value);
        }

        Require(Temperatures.EntropySlope is >= -10 and <= 10, "temperatures.entropy_slope", "-10 to 10", Temperatures.EntropySlope);
        Require(Temperatures.EntropyCentre is >= 0 and <= 100, "temperatures.entropy_centre", "0 to 100", Temperatures.EntropyCentre);
        for (var i = 0; i < Conformal.Count; i++)
        {
            var entry = Conformal[i];
            Require(entry.Coverage is > 0 and < 1, "conformal coverage", "between 0 and 1", entry.Coverage);
            Require(i == 0 || Conformal[i - 1].Coverage < entry.Coverage, "conformal", "in rising coverage", entry.Coverage);
            Require(float.IsFinite(entry.Subheading) && float.IsFinite(entry.Heading) && float.IsFinite(entry.Chapter), "conformal thresholds", "finite numbers", entry);
        }

        Assessment?.Validate();
        Words?.Validate();
        Require(AmbiguousTexts.Length % 8 == 0, "ambiguous_texts", "whole 64-bit hashes", AmbiguousTexts.Length);
    }
}

/// <summary>Divisors of the scores: above 1 they make a model humbler.</summary>
/// <param name="Subheading">At <see cref="EntropyCentre"/>.</param>
/// <param name="Heading">Applied to the logarithm of the summed probabilities; 1 leaves the sums.</param>
public sealed record Temperatures(float Subheading, float Heading, float Chapter)
{
    private const float MostExponent = 2;

    /// <summary>
    /// Logarithm of the temperature that a nat of entropy takes off. A network trained with smoothed labels is too sure where it is sure and
    /// not sure enough where it is not; one divisor cannot mend both. The order of the labels of a text stays as it is.
    /// </summary>
    public float EntropySlope { get; init; }

    /// <summary>Entropy of the unscaled scores, in nats, at which the temperature is <see cref="Subheading"/>.</summary>
    public float EntropyCentre { get; init; }

    /// <summary>The temperature of a text whose unscaled scores have this entropy.</summary>
    public float For(float entropy)
    {
        var exponent = Math.Clamp(EntropySlope * (EntropyCentre - entropy), -MostExponent, MostExponent);
        return exponent <= 0 ? Subheading * Softmax.Exponential(exponent) : Subheading / Softmax.Exponential(-exponent);
    }
}

internal sealed record CalibrationFormat(int? FormatVersion);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(Calibration))]
internal sealed partial class CalibrationJson : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CalibrationFormat))]
internal sealed partial class CalibrationFormatJson : JsonSerializerContext;
