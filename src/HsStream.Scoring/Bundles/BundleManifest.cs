using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HsStream.Scoring.Bundles;

/// <summary>manifest.json of a bundle: what the model is, where it comes from, and the hash of every other file.</summary>
/// <remarks>
/// The file's bytes are <see cref="ToJson"/> and nothing else, so a manifest that was touched in any byte does not read
/// back to itself. Keep dictionaries small: they are for people and reports, nothing here is read for scoring.
/// </remarks>
public sealed record BundleManifest
{
    /// <summary>The only format that this version reads and writes.</summary>
    public const int CurrentFormat = 1;

    [JsonPropertyOrder(-2)]
    public int FormatVersion { get; init; } = CurrentFormat;

    /// <summary><c>sha256:</c> and 64 hexadecimal digits over this manifest with this member empty, and so over every byte of the bundle.</summary>
    [JsonPropertyOrder(-1)]
    public string ModelVersion { get; init; } = "";

    /// <summary>Name of the network, such as <c>ngram-linear</c>.</summary>
    public required string Architecture { get; init; }

    public required long Seed { get; init; }

    /// <summary>By name, in ordinal order.</summary>
    public IReadOnlyDictionary<string, string> HyperParameters { get; init; } = new Dictionary<string, string>();

    public required DatasetFacts Dataset { get; init; }

    public required SplitFacts Split { get; init; }

    /// <summary>By name, in ordinal order: <c>hs6_top1</c>, <c>hs4_top1</c> and so on, measured on rows that were held out.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Commit of the code that trained the model; <c>unknown</c> outside a repository.</summary>
    public required string CodeCommit { get; init; }

    /// <summary>The edition that every label belongs to: <c>HS2017</c>, <c>HS2022</c>.</summary>
    public required string NomenclatureEdition { get; init; }

    /// <summary><see cref="Features.DescriptionEncoder.Hash"/> of the bundle's encoder.</summary>
    public required string EncoderHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Every other file of the bundle, in ordinal order of the names. Filled in when the bundle is written.</summary>
    public IReadOnlyList<BundleFile> Files { get; init; } = [];

    /// <summary>Canonical bytes: members and entries in a fixed order, indented by two spaces, lines ending in \n.</summary>
    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, BundleJson.Default.BundleManifest), (byte)'\n'];

    /// <summary>The manifest with its entries in order, its files named and its model version computed.</summary>
    internal BundleManifest Seal(IReadOnlyList<BundleFile> files)
    {
        var open = this with
        {
            ModelVersion = "",
            HyperParameters = Sorted(HyperParameters),
            Metrics = Sorted(Metrics),
            Files = [.. files.OrderBy(file => file.Name, StringComparer.Ordinal)],
        };
        return open with { ModelVersion = open.ComputeVersion() };
    }

    internal string ComputeVersion() => "sha256:" + Convert.ToHexStringLower(SHA256.HashData((this with { ModelVersion = "" }).ToJson()));

    private static Dictionary<string, T> Sorted<T>(IReadOnlyDictionary<string, T> entries)
    {
        var sorted = new Dictionary<string, T>();
        foreach (var (name, value) in entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            sorted.Add(name, value);
        }

        return sorted;
    }
}

/// <summary>The rows that a model was trained from, before they were split.</summary>
/// <param name="Source">File, topic or ledger, as the operator named it.</param>
/// <param name="Query">What was taken of it; empty for all.</param>
/// <param name="EventHighWaterMark">Sequence number of the last ledger event that was seen; null when the source is no ledger.</param>
/// <param name="Hash"><c>sha256:</c> over the rows in order.</param>
public sealed record DatasetFacts(string Source, string Query, long? EventHighWaterMark, long Rows, string Hash);

/// <summary>How the rows were divided.</summary>
/// <param name="Method">Such as <c>by text hash</c> or <c>by stream position</c>.</param>
public sealed record SplitFacts(string Method, long Seed, long TrainingRows, long CalibrationRows, long TestRows);

/// <param name="Size">Bytes.</param>
/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
public sealed record BundleFile(string Name, long Size, string Sha256);

internal sealed record ManifestFormat(int? FormatVersion);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(BundleManifest))]
internal sealed partial class BundleJson : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ManifestFormat))]
internal sealed partial class ManifestFormatJson : JsonSerializerContext;
