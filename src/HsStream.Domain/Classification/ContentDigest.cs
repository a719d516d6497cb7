using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;

namespace HsStream.Domain.Classification;

/// <summary>Tells two results under one id apart: half a SHA-256 over what was decided, leaving out when and where.</summary>
internal static class ContentDigest
{
    /// <summary>Covers codes, order, float bits, decision and features; not timing, origin, profile or source.</summary>
    public static UInt128 Of(Prediction prediction)
    {
        var text = new StringBuilder(512);
        text.Append(prediction.DescriptionId).Append('\n').Append(prediction.InputHash).Append('\n').Append(prediction.ModelVersion).Append('\n');
        text.Append(prediction.EncoderHash).Append('\n').Append(prediction.Edition.Name).Append('\n');
        Append(text, prediction.Code);
        text.Append((int)prediction.Outcome).Append('/').Append((int)prediction.DecidedLevel).Append('/');
        Append(text, prediction.DecidedCode ?? default);
        Append(text, prediction.Confidence.Subheading);
        Append(text, prediction.Confidence.Heading);
        Append(text, prediction.Confidence.Chapter);
        Append(text, prediction.Subheadings);
        Append(text, prediction.Headings);
        Append(text, prediction.Chapters);
        return Of(text);
    }

    public static UInt128 Of(LabelCorrection correction)
    {
        var text = new StringBuilder(256);
        string?[] parts =
        [
            correction.DescriptionId, correction.Code.ToString(), correction.Edition.Name, correction.CorrectedBy, correction.Reason,
            correction.Evidence, correction.InputHash, correction.PredictionId, correction.Kind.ToString(),
            correction.SamplingProbability?.ToString("R", CultureInfo.InvariantCulture),
            correction.CorrectedAt.UtcTicks.ToString(CultureInfo.InvariantCulture),
        ];
        foreach (var part in parts)
        {
            text.Append(part?.Length ?? -1).Append(':').Append(part);
        }

        return Of(text);
    }

    private static UInt128 Of(StringBuilder text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()), hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static void Append(StringBuilder text, IReadOnlyList<CodeProbability> ranking)
    {
        text.Append(ranking.Count).Append(';');
        foreach (var ranked in ranking)
        {
            Append(text, ranked.Code);
            Append(text, ranked.Probability);
        }
    }

    private static void Append(StringBuilder text, HsCode code) => text.Append((int)code.Level).Append('.').Append(code.Level == HsLevel.None ? 0 : code.Number).Append(',');

    /// <remarks>Adding 0 makes -0 a 0, which is what the store keeps of it.</remarks>
    private static void Append(StringBuilder text, float value) => text.Append(BitConverter.SingleToInt32Bits(value + 0f)).Append(',');
}
