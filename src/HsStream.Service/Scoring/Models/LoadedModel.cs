using System.Collections.Concurrent;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;

namespace HsStream.Service.Scoring.Models;

/// <summary>One model in memory with a warm scorer for each worker; freed when its owner and the last worker have let go of it.</summary>
internal sealed class LoadedModel
{
    private readonly HsModel _model;
    private readonly ConcurrentBag<BatchScorer> _idle = [];
    private int _holders = 1;

    private LoadedModel(HsModel model) => _model = model;

    public string Version => _model.ModelVersion;

    public string Provider => _model.Provider;

    public string? Warning => _model.Warning;

    public BundleManifest Manifest => _model.Bundle.Manifest;

    public ScoringOptions Options => _model.Options;

    /// <summary>Loads a verified bundle and runs every padded shape for each worker once. Takes seconds; not for a worker's thread.</summary>
    /// <exception cref="BundleException">The bundle cannot be used.</exception>
    public static LoadedModel Load(Bundle bundle, ScoringOptions options, int workers)
    {
        var loaded = new LoadedModel(HsModel.Load(bundle, options));
        try
        {
            for (var i = 0; i < workers; i++)
            {
                var scorer = loaded._model.CreateScorer();
                loaded._idle.Add(scorer);
                scorer.Warmup();
            }

            return loaded;
        }
        catch
        {
            loaded.Release();
            throw;
        }
    }

    /// <returns>False when it is freed already; ask for the current plan again.</returns>
    public bool TryHold()
    {
        for (var holders = Volatile.Read(ref _holders); holders > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders) { return true; }
            holders = seen;
        }

        return false;
    }

    /// <summary>A scorer of one worker until it is given back; only while the model is held.</summary>
    public BatchScorer Rent() => _idle.TryTake(out var scorer) ? scorer : _model.CreateScorer();

    public void Return(BatchScorer scorer) => _idle.Add(scorer);

    /// <summary>Lets go of it, once for the owner and once for each successful <see cref="TryHold"/>.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) > 0) { return; }
        while (_idle.TryTake(out var scorer)) { scorer.Dispose(); }
        _model.Dispose();
    }
}
