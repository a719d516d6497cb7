using System.Text;
using HsStream.Scoring.Bundles;

namespace HsStream.UnitTests.Scoring.Bundles;

/// <summary>A temporary directory with a small bundle of meaningless content, removed at the end.</summary>
internal sealed class BundleFixture : IDisposable
{
    public static readonly BundleManifest Draft = new()
    {
        Architecture = "test",
        Seed = 7,
        HyperParameters = new Dictionary<string, string> { ["width"] = "8", ["depth"] = "1" },
        Dataset = new DatasetFacts("made up", "", 42, 10, "sha256:" + new string('0', 64)),
        Split = new SplitFacts("by text hash", 1, 8, 1, 1),
        Metrics = new Dictionary<string, double> { ["hs6_top1"] = 0.1 + 0.2, ["hs4_top1"] = 0.5 },
        CodeCommit = "unknown",
        NomenclatureEdition = "HS2022",
        EncoderHash = "sha256:" + new string('1', 64),
        CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };

    public static readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files = new Dictionary<string, ReadOnlyMemory<byte>>
    {
        [Bundle.ModelFile] = Bytes("a model"),
        [Bundle.EncoderFile] = Bytes("{}"),
        [Bundle.EncoderTablesFile] = Bytes("tables"),
        [Bundle.LabelsFile] = Bytes("0\t010121\n"),
        [Bundle.CalibrationFile] = Bytes("{ }"),
        [Bundle.PrecedentsFile] = Bytes("precedents"),
    };

    public BundleFixture()
    {
        Root = Path.Combine(Path.GetTempPath(), "hsstream-bundle-" + Guid.NewGuid().ToString("n"));
        Directory = Path.Combine(Root, "bundle");
        Manifest = BundleWriter.Write(Directory, Draft, Files);
    }

    public string Root { get; }

    public string Directory { get; }

    public BundleManifest Manifest { get; }

    public string At(string name) => Path.Combine(Directory, name);

    public void Dispose() => System.IO.Directory.Delete(Root, recursive: true);

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
