using System.Runtime.CompilerServices;
using HsStream.Embedded.Registry.Avro;
using HsStream.Streaming.Codecs;
using Xunit;

namespace HsStream.UnitTests.Streaming;

/// <summary>
/// Golden/schemas holds every version of every schema that was ever released, with bytes that it wrote and the message in them.
/// Files are added, never edited. A new version is added by HSSTREAM_WRITE_GOLDEN=1, which never touches a file that is there.
/// </summary>
public sealed class SchemaHistoryTests
{
    private static readonly string[] Names = ["ProductDescription", "HsPrediction", "LabelCorrection", "ModelVersion", "Experiment", "MonitorSignal", "RetrainingRequest"];

    public static TheoryData<string, int> Versions { get; } = EveryVersion();

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Every_version_ever_written_still_loads(string name, int version)
    {
        var (codecs, registry) = FakeRegistry.Create();
        var id = registry.Add(await File.ReadAllTextAsync(PathOf(name, $"v{version}.avsc"), TestContext.Current.CancellationToken));
        var bytes = Convert.FromHexString((await File.ReadAllTextAsync(PathOf(name, $"v{version}.hex"), TestContext.Current.CancellationToken)).Trim());

        var message = await DecodeAsync(codecs, name, [0, 0, 0, 0, (byte)id, .. bytes]);

        Assert.Equal((await File.ReadAllTextAsync(PathOf(name, $"v{version}.json"), TestContext.Current.CancellationToken)).Trim(), MessageJson.Of(message));
    }

    [Fact]
    public void Every_pair_of_versions_is_compatible_both_ways()
    {
        foreach (var name in Names)
        {
            var versions = Enumerable.Range(1, Count(name)).Select(version => (Label: $"{name} v{version}", Schema: Parse(File.ReadAllText(PathOf(name, $"v{version}.avsc"))))).ToList();
            foreach (var reader in versions)
            {
                foreach (var writer in versions) { Assert.True(AvroCompatibility.Check(reader.Schema, writer.Schema).Count == 0, $"{reader.Label} cannot read {writer.Label}."); }
            }
        }
    }

    [Fact]
    public void The_schema_of_this_build_is_the_last_of_its_history()
    {
        foreach (var name in Names)
        {
            AddMissing(name);
            Assert.True(Count(name) > 0, $"{name} has no history.");
            // Byte for byte: under another text the registry would give another id.
            Assert.Equal(File.ReadAllText(PathOf(name, $"v{Count(name)}.avsc")), MessageSchema.Load(name).Text);
        }
    }

    [Fact]
    public void A_change_that_breaks_readers_is_seen()
    {
        var schema = MessageSchema.Load("ProductDescription").Text;
        var broken = schema.Replace("""{"name": "text", "type": "string",""", """{"name": "text", "type": "bytes"}, {"name": "language", "type": "string",""", StringComparison.Ordinal);
        Assert.NotEqual(schema, broken);
        Assert.NotEmpty(AvroCompatibility.Check(Parse(broken), Parse(schema)));
    }

    private static AvroSchema Parse(string text) => AvroParser.Parse(text, [], true, 100).Schema;

    private static int Count(string name) => Directory.Exists(PathOf(name)) ? Directory.GetFiles(PathOf(name), "*.avsc").Length : 0;

    private static string PathOf(string name, string file = "", [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "Golden", "schemas", name, file);

    private static TheoryData<string, int> EveryVersion()
    {
        var rows = new TheoryData<string, int>();
        foreach (var name in Names)
        {
            for (var version = 1; version <= Count(name); version++) { rows.Add(name, version); }
        }

        return rows;
    }

    private static void AddMissing(string name)
    {
        var count = Count(name);
        if (Environment.GetEnvironmentVariable("HSSTREAM_WRITE_GOLDEN") != "1") { return; }
        if (count > 0 && File.ReadAllText(PathOf(name, $"v{count}.avsc")) == MessageSchema.Load(name).Text) { return; }
        Directory.CreateDirectory(PathOf(name));
        var (codecs, _) = FakeRegistry.Create();
        var (bytes, message) = Sample(codecs, name);
        File.WriteAllText(PathOf(name, $"v{count + 1}.hex"), Convert.ToHexStringLower(bytes.AsSpan(5)) + "\n");
        File.WriteAllText(PathOf(name, $"v{count + 1}.json"), MessageJson.Of(message) + "\n");
        File.WriteAllText(PathOf(name, $"v{count + 1}.avsc"), MessageSchema.Load(name).Text);
    }

    private static async Task<object> DecodeAsync(MessageCodecs codecs, string name, byte[] bytes)
    {
        var cancel = TestContext.Current.CancellationToken;
        return name switch
        {
            "ProductDescription" => await codecs.Descriptions.DecodeAsync("t", bytes, cancel),
            "HsPrediction" => await codecs.Predictions.DecodeAsync("t", bytes, cancel),
            "LabelCorrection" => await codecs.Corrections.DecodeAsync("t", bytes, cancel),
            "ModelVersion" => await codecs.Models.DecodeAsync("t", bytes, cancel),
            "Experiment" => await codecs.Experiments.DecodeAsync("t", bytes, cancel),
            "MonitorSignal" => await codecs.Signals.DecodeAsync("t", bytes, cancel),
            "RetrainingRequest" => await codecs.Retraining.DecodeAsync("t", bytes, cancel),
            _ => throw new ArgumentException(name, nameof(name)),
        };
    }

    private static (byte[] Bytes, object Message) Sample(MessageCodecs codecs, string name) => name switch
    {
        "ProductDescription" => Both(codecs.Descriptions, SampleMessages.Description),
        "HsPrediction" => Both(codecs.Predictions, SampleMessages.Prediction),
        "LabelCorrection" => Both(codecs.Corrections, SampleMessages.Correction),
        "ModelVersion" => Both(codecs.Models, SampleMessages.Model),
        "Experiment" => Both(codecs.Experiments, SampleMessages.Experiment),
        "MonitorSignal" => Both(codecs.Signals, SampleMessages.Signal),
        "RetrainingRequest" => Both(codecs.Retraining, SampleMessages.Retraining),
        _ => throw new ArgumentException(name, nameof(name)),
    };

    private static (byte[] Bytes, object Message) Both<T>(MessageCodec<T> codec, T message)
        where T : class => (codec.Encode(1, message), message);
}
