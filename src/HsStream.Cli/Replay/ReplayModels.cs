using HsStream.Cli.Connect;
using HsStream.Cli.Models;
using HsStream.Cli.Predict;
using HsStream.Domain.Messages;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;
using HsStream.Service.Configuration;
using HsStream.Service.Scoring.Models;

namespace HsStream.Cli.Replay;

/// <summary>Past models, loaded as they ran: by version and by the recorded execution profile.</summary>
/// <remarks>Bundles come from a folder, and missing ones from the console of the system. Keeps a few loaded, the last used.</remarks>
internal sealed class ReplayModels : IDisposable
{
    private const int MostLoaded = 4;

    private readonly BundleSource _source;
    private readonly BundleDownload? _download;
    private readonly SocketsHttpHandler? _handler;
    private readonly Dictionary<string, string> _missing = new(StringComparer.Ordinal);
    private readonly List<(string Version, ScoringOptions Options, HsModel Model, ScorerPool Pool)> _loaded = [];

    private ReplayModels(BundleStore store, string? url)
    {
        Store = store;
        if (url is not null)
        {
            _handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) };
            Directory.CreateDirectory(store.Root);
            _download = new BundleDownload(_handler, new ModelsOptions { Url = url, Directory = store.Root }, store.Root, new BundleLimits(), TimeProvider.System);
        }

        _source = new BundleSource(store, _download);
    }

    public BundleStore Store { get; }

    /// <summary>Why a version could not be loaded, by version.</summary>
    public IReadOnlyDictionary<string, string> Missing => _missing;

    /// <param name="named">Folder that the operator named; null takes that of the running <c>up</c>, else the data directory's.</param>
    /// <param name="url">Console to fetch missing bundles from; null takes that of the running <c>up</c>, if any.</param>
    public static ReplayModels Open(string? named, string? url, string dataDirectory, Connections connections) =>
        new(BundlePlace.Store(named, dataDirectory), url ?? connections.Http);

    /// <summary>The options under which the recorded prediction was computed, as far as they decide its content.</summary>
    public static ScoringOptions OptionsOf(PredictionProfile profile) => new()
    {
        IntraOpThreads = profile.IntraOpThreads,
        BatchRows = profile.BatchRows,
        TopK = profile.TopK,
        Coverage = profile.Coverage,
        Accelerator = profile.Provider == "CUDA" ? AcceleratorPreference.Cuda : AcceleratorPreference.Cpu,
    };

    /// <returns>Null when the bundle is nowhere, or damaged everywhere; <see cref="Missing"/> then says why.</returns>
    public async Task<(HsModel Model, ScorerPool Pool)?> GetAsync(string version, ScoringOptions options, CancellationToken cancellationToken)
    {
        if (_missing.ContainsKey(version)) { return null; }
        var at = _loaded.FindIndex(entry => entry.Version == version && entry.Options == options);
        if (at >= 0)
        {
            var entry = _loaded[at];
            _loaded.RemoveAt(at);
            _loaded.Add(entry);
            return (entry.Model, entry.Pool);
        }

        try
        {
            var model = HsModel.Load(await _source.GetAsync(version, cancellationToken), options);
            var pool = new ScorerPool(model, Environment.ProcessorCount);
            if (_loaded.Count == MostLoaded)
            {
                Free(_loaded[0]);
                _loaded.RemoveAt(0);
            }

            _loaded.Add((version, options, model, pool));
            return (model, pool);
        }
        catch (Exception e) when (e is BundleException or HttpRequestException or ArgumentException)
        {
            _missing[version] = e.Message;
            return null;
        }
    }

    public void Dispose()
    {
        _loaded.ForEach(Free);
        _download?.Dispose();
        _handler?.Dispose();
    }

    private static void Free((string Version, ScoringOptions Options, HsModel Model, ScorerPool Pool) entry)
    {
        entry.Pool.Dispose();
        entry.Model.Dispose();
    }
}
