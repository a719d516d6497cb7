using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;
using HsStream.Service.Configuration;
using HsStream.Service.Scoring;
using HsStream.Service.Scoring.Models;
using HsStream.UnitTests.Scoring.Onnx;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;
using Xunit;

namespace HsStream.UnitTests.Service.Scoring;

/// <summary>A keeper of models over a directory of tiny bundles, told what to serve without Kafka.</summary>
internal sealed class ModelRig : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _root = Path.Combine(Path.GetTempPath(), "hsstream-models-" + Guid.NewGuid().ToString("n"));
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;
    private long _offset;

    public ModelRig(HttpMessageHandler? console = null)
    {
        var options = new ModelsOptions { Directory = _root, RetryAfter = TimeSpan.FromMilliseconds(50), Url = "http://console" };
        Store = new BundleStore(_root);
        var download = console is null ? null : new BundleDownload(console, options, Store.Root, new BundleLimits(), TimeProvider.System);
        Keeper = new ModelKeeper(
            new BundleSource(Store, download), new ScoringOptions(), options, 4, 1, new ModelMetrics(Metrics.WithCustomRegistry(Registry)),
            NullLogger<ModelKeeper>.Instance, TimeProvider.System);
        ScorerMetrics = new ScorerMetrics(Metrics.WithCustomRegistry(Registry));
        Scorer = new DescriptionScorer(Keeper, ScorerMetrics, NullLogger.Instance, TimeProvider.System);
        _run = Keeper.RunAsync(_stop.Token);
        Keeper.CaughtUp();
    }

    public BundleStore Store { get; }

    public ModelKeeper Keeper { get; }

    public DescriptionScorer Scorer { get; }

    public ScorerMetrics ScorerMetrics { get; }

    public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

    /// <summary>Adds a sound bundle; another seed makes another version of the same weights.</summary>
    public string Add(int seed) => Add(Store, seed);

    public static string Add(BundleStore store, int seed) => store.Add(TinyModel.Manifest(TinyModel.Encoder) with { Seed = seed }, TinyModel.Files()).ModelVersion;

    public void Announce(string version, ModelStage stage) => Keeper.Announce(
        version,
        new ModelVersion
        {
            Version = version, Stage = stage, Revision = 1, Architecture = "test", EncoderHash = "", Edition = NomenclatureEdition.Hs2022,
            ChangedAt = DateTimeOffset.UnixEpoch, ChangedBy = "test", Reason = "test",
        },
        _offset++);

    public void Announce(Experiment experiment) => Keeper.Announce(experiment.ExperimentId, experiment, _offset++);

    public async Task<ServingPlan> UntilAsync(Func<ServingPlan, bool> condition, string what)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        var plan = Keeper.Plan;
        try
        {
            while (plan is null || !condition(plan)) { plan = await Keeper.WaitForOtherAsync(plan, patience.Token); }
            return plan;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Waited {Patience} for {what}; {Keeper.Problem}");
        }
    }

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Patience) { throw new TimeoutException($"Waited {Patience} for {what}."); }
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public static ScoringItem[] Items(params string[] texts) => [.. texts.Select((text, i) => new ScoringItem(
        new ProductDescription { DescriptionId = $"d{i}", Text = text, Source = "erp" }, new RecordPosition(Topics.Descriptions, 0, i), DateTimeOffset.UnixEpoch, TimeProvider.System.GetTimestamp()))];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _run);
        Scorer.Dispose();
        Keeper.Dispose();
        _stop.Dispose();
        if (Directory.Exists(_root)) { Directory.Delete(_root, recursive: true); }
    }
}
