using System.Net;
using HsStream.Domain.Messages;
using HsStream.Scoring.Bundles;
using Xunit;

namespace HsStream.UnitTests.Service.Scoring;

public sealed class BundleSourceTests : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), "hsstream-console-" + Guid.NewGuid().ToString("n"));
    private readonly ConsoleStub _console;
    private readonly string _version;

    public BundleSourceTests()
    {
        var store = new BundleStore(_root);
        _version = ModelRig.Add(store, 1);
        _console = new ConsoleStub(store);
    }

    public void Dispose()
    {
        _console.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_missing_bundle_is_fetched_and_kept()
    {
        await using var rig = new ModelRig(_console);
        rig.Announce(_version, ModelStage.Champion);
        await rig.UntilAsync(plan => plan.Champion.Version == _version, "the fetched model");
        Assert.Equal(_version, rig.Store.Open(_version).ModelVersion);
        Assert.DoesNotContain(Directory.EnumerateDirectories(rig.Store.Root), path => path.Contains(".download", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_damaged_bundle_is_put_aside_for_a_sound_one()
    {
        await using var rig = new ModelRig(_console);
        ModelRig.Add(rig.Store, 1);
        File.Delete(Path.Combine(rig.Store.PathOf(_version), Bundle.ModelFile));
        rig.Announce(_version, ModelStage.Champion);
        await rig.UntilAsync(plan => plan.Champion.Version == _version, "the fetched model");
        Assert.Single(Directory.EnumerateDirectories(rig.Store.Root), path => path.Contains(".damaged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_console_that_fails_for_a_moment_is_asked_again()
    {
        _console.Failures = 2;
        await using var rig = new ModelRig(_console);
        rig.Announce(_version, ModelStage.Champion);
        await rig.UntilAsync(plan => plan.Champion.Version == _version, "the fetched model");
        Assert.Equal(0, _console.Failures);
    }

    [Fact]
    public async Task What_arrives_damaged_is_not_served_or_kept()
    {
        _console.Damage = Bundle.LabelsFile;
        await using var rig = new ModelRig(_console);
        rig.Announce(_version, ModelStage.Champion);
        await ModelRig.UntilAsync(() => rig.Keeper.Problem?.Contains(Bundle.LabelsFile, StringComparison.Ordinal) == true, "the problem to be told");
        Assert.Null(rig.Keeper.Plan);
        Assert.Empty(rig.Store.List());
        _console.Damage = null;
        await rig.UntilAsync(plan => plan.Champion.Version == _version, "the sound model");
    }

    [Fact]
    public async Task Another_model_under_the_name_is_refused()
    {
        _console.Instead = ModelRig.Add(new BundleStore(_root), 2);
        await using var rig = new ModelRig(_console);
        rig.Announce(_version, ModelStage.Champion);
        await ModelRig.UntilAsync(() => rig.Keeper.Problem?.Contains("model_version", StringComparison.Ordinal) == true, "the problem to be told");
        Assert.Empty(rig.Store.List());
    }

    /// <summary>Answers as the console does, from a directory of bundles.</summary>
    private sealed class ConsoleStub(BundleStore store) : HttpMessageHandler
    {
        public int Failures { get; set; }

        public string? Damage { get; set; }

        public string? Instead { get; set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (Failures > 0)
            {
                Failures--;
                return Task.FromResult(new HttpResponseMessage(HttpStatusCode.BadGateway));
            }

            var parts = request.RequestUri!.AbsolutePath.Split('/');
            var bytes = File.ReadAllBytes(Path.Combine(store.PathOf(Instead ?? parts[3]), parts[4]));
            if (parts[4] == Damage) { bytes[0] ^= 1; }
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) });
        }
    }
}
