namespace HsStream.Scoring.Bundles;

/// <summary>The verified content of a bundle, in memory. Immutable.</summary>
public sealed class Bundle
{
    public const string ManifestFile = "manifest.json";
    public const string ModelFile = "model.onnx";
    public const string EncoderFile = "encoder.json";
    public const string EncoderTablesFile = "encoder.bin";
    public const string LabelsFile = "labels.tsv";
    public const string CalibrationFile = "calibration.json";

    /// <summary>The only file that a bundle may lack.</summary>
    public const string PrecedentsFile = "precedents.bin";

    internal static readonly string[] RequiredFiles = [ModelFile, EncoderFile, EncoderTablesFile, LabelsFile, CalibrationFile];

    private readonly IReadOnlyDictionary<string, byte[]> _files;

    internal Bundle(string directory, BundleManifest manifest, IReadOnlyDictionary<string, byte[]> files)
    {
        Directory = directory;
        Manifest = manifest;
        _files = files;
    }

    /// <summary>Where it was read from.</summary>
    public string Directory { get; }

    public BundleManifest Manifest { get; }

    public string ModelVersion => Manifest.ModelVersion;

    public IReadOnlyCollection<string> FileNames => [.. Manifest.Files.Select(file => file.Name)];

    /// <summary>Bytes of a file of the manifest's list.</summary>
    /// <exception cref="BundleException">The bundle has no such file.</exception>
    public ReadOnlyMemory<byte> File(string name) =>
        TryFile(name) ?? throw new BundleException(Directory, name, "a file of this name", "none");

    /// <returns>Null when the bundle has no such file.</returns>
    public ReadOnlyMemory<byte>? TryFile(string name) =>
        // A bare null would become an empty array's memory, which is a value.
        _files.TryGetValue(name, out var bytes) ? bytes : default(ReadOnlyMemory<byte>?);
}
