using HsStream.Chaos.Pipeline.Checking;
using HsStream.Chaos.Pipeline.Faults;
using HsStream.Chaos.Pipeline.Load;
using HsStream.Chaos.Pipeline.Rig;
using HsStream.Domain.Messages;
using HsStream.Scoring.Bundles;
using Xunit;

namespace HsStream.IntegrationTests.Pipeline;

/// <summary>Fault tests run one after another: each is a pipeline of half a dozen processes.</summary>
[CollectionDefinition(Name)]
public sealed class PipelineGroup
{
    public const string Name = "pipeline";
}

/// <summary>A pipeline of one test, on servers of its own, with a small model that serves.</summary>
internal sealed class PipelineScope : IAsyncDisposable
{
    /// <summary>For everything that a healthy pipeline does by itself.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly TemporaryDirectory _directory;

    private PipelineScope(TemporaryDirectory directory, PipelineRig rig, BundleManifest model) => (_directory, Rig, Model) = (directory, rig, model);

    public PipelineRig Rig { get; }

    public BundleManifest Model { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<PipelineScope> StartAsync(int scorers = 2, int ledgers = 1, Func<RigOptions, RigOptions>? change = null, bool announce = true)
    {
        var directory = new TemporaryDirectory();
        try
        {
            var models = Path.Combine(directory.Path, "models");
            var model = SmallModel.AddTo(models);
            var options = new RigOptions
            {
                DataDirectory = directory.Path,
                ModelsDirectory = models,
                Scorers = scorers,
                Ledgers = ledgers,
                Partitions = 4,
                Settings = new Dictionary<string, string> { ["Models:RetryAfter"] = "00:00:00.300" },
            };
            var rig = await PipelineRig.StartAsync(change?.Invoke(options) ?? options, Token);
            var scope = new PipelineScope(directory, rig, model);
            if (announce) { await scope.AnnounceAsync(model, "CHAMPION"); }
            return scope;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    public async Task AnnounceAsync(BundleManifest model, string stage)
    {
        using var registry = new AvroRecords(Rig.RegistryUrl);
        await ModelAnnouncement.PublishAsync(Rig.Bootstrap, registry, Topics.Models, model, stage, Token);
    }

    /// <summary>Runs faults and asserts that every promise held.</summary>
    public async Task AssertHoldsAsync(FaultRunOptions options, ITestOutputHelper output)
    {
        var text = new StringWriter();
        var report = await new FaultRun(Rig, options with { RecoveryLimit = Patience }, text).RunAsync(Token);
        output.WriteLine(text.ToString());
        Assert.True(report.IsClean, $"{text}\n{Rig.Logs()}");
    }

    /// <summary>Publishes records of a seed and returns without waiting for predictions.</summary>
    public async Task PublishAsync(int count, int seed, string prefix, double poisonShare = 0.01)
    {
        using var registry = new AvroRecords(Rig.RegistryUrl);
        var encoding = await DescriptionEncoding.RegisterAsync(registry, Topics.Descriptions, Token);
        await PublishAsync(new LoadPlan(encoding, seed, prefix, poisonShare).Records(count));
    }

    public async Task PublishAsync(IEnumerable<LoadRecord> records)
    {
        using var producer = new DescriptionProducer(Rig.Bootstrap, Topics.Descriptions);
        await producer.SendAsync(records, 0, Token);
    }

    /// <param name="hasLedger">Whether a ledger runs that the rig does not know of.</param>
    public async Task DrainAsync(bool hasLedger = false)
    {
        await using var progress = new PipelineProgress(Rig, hasLedger);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (await progress.ReadAsync(Token) is { IsDone: false } state)
        {
            Assert.True(watch.Elapsed < Patience, $"{state} after {Patience}\n{Rig.Logs()}");
            await Task.Delay(PipelineProgress.Interval, Token);
        }
    }

    /// <summary>Asserts that every promise holds.</summary>
    public async Task<PipelineFacts> InspectAsync(bool hasLedger = false)
    {
        var facts = await new PipelineInspection(Rig.Bootstrap, Rig.RegistryUrl, hasLedger || Rig.Ledgers.Count > 0 ? Rig.Postgres : "").ReadAsync(isMarked: true, Token);
        var report = PipelineCheck.Run(facts);
        Assert.True(report.IsClean, $"{report}\n{Rig.Logs()}");
        return facts;
    }

    public async ValueTask DisposeAsync()
    {
        await Rig.DisposeAsync();
        _directory.Dispose();
    }
}
