using HsStream.Scoring.Bundles;
using Xunit;

namespace HsStream.UnitTests.Scoring.Bundles;

public sealed class BundleReaderTests : IDisposable
{
    private readonly BundleFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_bundle_reads_back_as_it_was_written()
    {
        var bundle = BundleReader.Read(_fixture.Directory);
        Assert.Equal(_fixture.Manifest.ToJson(), bundle.Manifest.ToJson());
        Assert.Equal(BundleFixture.Files.Keys.Order(StringComparer.Ordinal), bundle.FileNames);
        Assert.All(BundleFixture.Files, file => Assert.Equal(file.Value.ToArray(), bundle.File(file.Key).ToArray()));
        Assert.Null(bundle.TryFile("other.bin"));
        Assert.Equal("other.bin", Assert.Throws<BundleException>(() => bundle.File("other.bin")).File);
        Assert.Matches("^sha256:[0-9a-f]{64}$", bundle.ModelVersion);
        Assert.Equal(0.1 + 0.2, bundle.Manifest.Metrics["hs6_top1"]);
    }

    [Fact]
    public void Every_flipped_byte_of_every_file_is_found_and_its_file_named()
    {
        foreach (var path in Directory.GetFiles(_fixture.Directory))
        {
            var name = Path.GetFileName(path);
            var bytes = File.ReadAllBytes(path);
            for (var at = 0; at < bytes.Length; at++)
            {
                foreach (var mask in (byte[])[0x01, 0x20])
                {
                    bytes[at] ^= mask;
                    File.WriteAllBytes(path, bytes);
                    var error = Assert.Throws<BundleException>(() => BundleReader.Read(_fixture.Directory));
                    Assert.True(name == Bundle.ManifestFile || error.File == name, $"Byte {at} of {name}: {error.Message}");
                    bytes[at] ^= mask;
                }
            }

            File.WriteAllBytes(path, bytes);
        }

        BundleReader.Read(_fixture.Directory);
    }

    [Theory]
    [InlineData(Bundle.ModelFile)]
    [InlineData(Bundle.PrecedentsFile)]
    [InlineData(Bundle.ManifestFile)]
    public void A_missing_truncated_or_longer_file_is_found(string name)
    {
        var path = _fixture.At(name);
        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        Assert.Equal(name, Refusal().File);
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(path, bytes.AsSpan(0, length));
            Assert.Equal(name, Refusal().File);
        }

        File.WriteAllBytes(path, [.. bytes, (byte)'\n']);
        Assert.Equal(name, Refusal().File);
        File.Delete(path);
        Directory.CreateDirectory(path);
        Assert.Equal(name, Refusal().File);
    }

    [Fact]
    public void What_the_manifest_does_not_list_is_refused()
    {
        File.WriteAllText(_fixture.At("extra.bin"), "x");
        Assert.Equal("extra.bin", Refusal().File);
        File.Delete(_fixture.At("extra.bin"));
        Directory.CreateDirectory(_fixture.At("folder"));
        Assert.Equal("folder", Refusal().File);
    }

    [Fact]
    public void A_link_is_refused_even_to_the_right_bytes()
    {
        var elsewhere = Path.Combine(_fixture.Root, "elsewhere");
        File.Move(_fixture.At(Bundle.ModelFile), elsewhere);
        File.CreateSymbolicLink(_fixture.At(Bundle.ModelFile), elsewhere);
        Assert.Equal((Bundle.ModelFile, "a link"), (Refusal().File, Refusal().Found));
    }

    [Theory]
    [InlineData("../model.onnx")]
    [InlineData("/etc/passwd")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("Model.onnx")]
    [InlineData("manifest.json")]
    [InlineData("")]
    public void A_name_that_leaves_the_directory_is_refused_though_the_manifest_is_consistent(string name)
    {
        var files = _fixture.Manifest.Files.Append(new BundleFile(name, 1, new string('0', 64))).ToList();
        File.WriteAllBytes(_fixture.At(Bundle.ManifestFile), _fixture.Manifest.Seal(files).ToJson());
        var error = Refusal();
        Assert.Equal((Bundle.ManifestFile, "a plain file name"), (error.File, error.Expected));
        Assert.Throws<BundleException>(() => BundleWriter.Write(
            Path.Combine(_fixture.Root, "other"), BundleFixture.Draft, new Dictionary<string, ReadOnlyMemory<byte>>(BundleFixture.Files) { [name] = new byte[1] }));
    }

    [Fact]
    public void A_file_listed_twice_or_a_required_one_not_listed_is_refused()
    {
        var files = _fixture.Manifest.Files;
        File.WriteAllBytes(_fixture.At(Bundle.ManifestFile), _fixture.Manifest.Seal([.. files, files[0]]).ToJson());
        Assert.Equal("each file once, in order", Refusal().Expected);
        File.WriteAllBytes(_fixture.At(Bundle.ManifestFile), _fixture.Manifest.Seal([.. files.Where(file => file.Name != Bundle.LabelsFile)]).ToJson());
        Assert.Contains(Bundle.LabelsFile, Refusal().Expected, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"format_version\": 1", "\"format_version\": 2", "format_version 1")]
    [InlineData("\"format_version\": 1,", "", "format_version 1")]
    [InlineData("\"seed\"", "\"sead\"", "JSON of the members of a manifest")]
    [InlineData("\"seed\": 7", "\"seed\": null", "JSON of the members of a manifest")]
    [InlineData("\"seed\": 7", "\"seed\": 07", "JSON of the members of a manifest")]
    [InlineData("\"seed\": 7", "\"seed\":  7", "the bytes that were written")]
    [InlineData("\"seed\": 7", "\"seed\": 8", "model_version")]
    [InlineData("\"architecture\": \"test\"", "\"architecture\": null", "JSON of the members of a manifest")]
    public void A_manifest_that_was_edited_says_what_is_wrong(string from, string to, string expected)
    {
        var text = File.ReadAllText(_fixture.At(Bundle.ManifestFile));
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(_fixture.At(Bundle.ManifestFile), text.Replace(from, to, StringComparison.Ordinal));
        var error = Refusal();
        Assert.Equal(Bundle.ManifestFile, error.File);
        Assert.StartsWith(expected, error.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_are_kept()
    {
        Assert.Equal(".", Assert.Throws<BundleException>(() => BundleReader.Read(_fixture.Directory, new BundleLimits { MaxFiles = 3 })).File);
        Assert.Equal(Bundle.ManifestFile, Assert.Throws<BundleException>(() => BundleReader.Read(_fixture.Directory, new BundleLimits { MaxManifestBytes = 300 })).File);
        Assert.Equal(".", Assert.Throws<BundleException>(() => BundleReader.Read(_fixture.Directory, new BundleLimits { MaxBundleBytes = 500 })).File);
        var big = new Dictionary<string, ReadOnlyMemory<byte>>(BundleFixture.Files) { [Bundle.ModelFile] = new byte[41_000_000] };
        Assert.Throws<BundleException>(() => BundleWriter.Write(Path.Combine(_fixture.Root, "big"), BundleFixture.Draft, big));
        Assert.Equal([_fixture.Directory], Directory.GetFileSystemEntries(_fixture.Root));
    }

    [Fact]
    public void A_sampled_flip_in_a_big_file_is_found()
    {
        var big = new byte[5_000_000];
        new Random(1).NextBytes(big);
        var directory = Path.Combine(_fixture.Root, "big");
        BundleWriter.Write(directory, BundleFixture.Draft, new Dictionary<string, ReadOnlyMemory<byte>>(BundleFixture.Files) { [Bundle.ModelFile] = big });
        using var file = new FileStream(Path.Combine(directory, Bundle.ModelFile), FileMode.Open, FileAccess.ReadWrite);
        foreach (var at in (int[])[0, 1, 2_500_000, 4_999_999])
        {
            Write(file, at, (byte)(big[at] ^ 0x10));
            Assert.Equal(Bundle.ModelFile, Assert.Throws<BundleException>(() => BundleReader.Read(directory)).File);
            Write(file, at, big[at]);
        }

        BundleReader.Read(directory);
    }

    [Fact]
    public void No_directory_is_a_clear_error() =>
        Assert.Equal("a directory", Assert.Throws<BundleException>(() => BundleReader.Read(Path.Combine(_fixture.Root, "none"))).Expected);

    private static void Write(FileStream file, int at, byte value)
    {
        file.Position = at;
        file.WriteByte(value);
        file.Flush();
    }

    private BundleException Refusal() => Assert.Throws<BundleException>(() => BundleReader.Read(_fixture.Directory));
}
