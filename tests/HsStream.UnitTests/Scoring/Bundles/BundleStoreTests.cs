using HsStream.Scoring.Bundles;
using Xunit;

namespace HsStream.UnitTests.Scoring.Bundles;

public sealed class BundleStoreTests : IDisposable
{
    private readonly BundleFixture _fixture = new();
    private readonly BundleStore _store;

    public BundleStoreTests() => _store = new BundleStore(Path.Combine(_fixture.Root, "models"));

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_bundle_is_found_again_by_its_content()
    {
        var added = _store.Add(BundleFixture.Draft, BundleFixture.Files);
        Assert.Equal(_fixture.Manifest.ModelVersion, added.ModelVersion);
        Assert.True(_store.Contains(added.ModelVersion));
        Assert.Equal([added.ModelVersion], _store.List());
        Assert.Equal([added.ModelVersion], _store.Find(added.ModelVersion[7..15]));
        Assert.Empty(_store.Find("x"));
        Assert.Equal(added.ModelVersion, _store.Open(added.ModelVersion).ModelVersion);
    }

    [Fact]
    public void Adding_the_same_again_or_from_a_directory_changes_nothing()
    {
        var first = _store.Add(BundleFixture.Draft, BundleFixture.Files);
        var second = _store.Add(BundleFixture.Draft with { Metrics = BundleFixture.Draft.Metrics.Reverse().ToDictionary() }, BundleFixture.Files);
        var third = _store.Import(_fixture.Directory);
        Assert.Equal(first.ModelVersion, second.ModelVersion);
        Assert.Equal(first.ModelVersion, third.ModelVersion);
        Assert.Single(_store.List());
    }

    [Fact]
    public void Anything_else_is_another_version()
    {
        var first = _store.Add(BundleFixture.Draft, BundleFixture.Files);
        var seed = _store.Add(BundleFixture.Draft with { Seed = 8 }, BundleFixture.Files);
        var file = _store.Add(BundleFixture.Draft, new Dictionary<string, ReadOnlyMemory<byte>>(BundleFixture.Files) { [Bundle.ModelFile] = new byte[] { 1 } });
        Assert.Equal(3, new HashSet<string> { first.ModelVersion, seed.ModelVersion, file.ModelVersion }.Count);
    }

    [Fact]
    public void A_sound_bundle_under_another_name_is_refused()
    {
        var added = _store.Add(BundleFixture.Draft, BundleFixture.Files);
        var other = "sha256:" + new string('a', 64);
        Directory.Move(_store.PathOf(added.ModelVersion), _store.PathOf(other));
        Assert.Equal(Bundle.ManifestFile, Assert.Throws<BundleException>(() => _store.Open(other)).File);
    }

    [Fact]
    public void A_damaged_bundle_is_not_taken_for_the_one_that_is_added()
    {
        var added = _store.Add(BundleFixture.Draft, BundleFixture.Files);
        File.WriteAllText(Path.Combine(_store.PathOf(added.ModelVersion), Bundle.ModelFile), "a m0del");
        Assert.Equal(Bundle.ModelFile, Assert.Throws<BundleException>(() => _store.Add(BundleFixture.Draft, BundleFixture.Files)).File);
    }

    [Theory]
    [InlineData("sha256:../../etc")]
    [InlineData("../x")]
    [InlineData("sha256:")]
    [InlineData("sha256:ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789")]
    public void A_version_that_is_no_hash_never_becomes_a_path(string version) => Assert.Throws<ArgumentException>(() => _store.Open(version));

    [Fact]
    public void Left_over_temporary_directories_are_no_bundles()
    {
        var added = _store.Add(BundleFixture.Draft, BundleFixture.Files);
        Directory.CreateDirectory(Path.Combine(_store.Root, ".abc.tmp"));
        Assert.Equal([added.ModelVersion], _store.List());
    }

    [Fact]
    public void Many_adders_of_the_same_bundle_end_with_one()
    {
        Parallel.For(0, 8, new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken }, _ => _store.Add(BundleFixture.Draft, BundleFixture.Files));
        Assert.Single(Directory.GetFileSystemEntries(_store.Root));
    }

    [Fact]
    public void A_metric_that_is_no_number_is_refused() => Assert.Throws<BundleException>(() =>
        _store.Add(BundleFixture.Draft with { Metrics = new Dictionary<string, double> { ["loss"] = double.NaN } }, BundleFixture.Files));
}
