using System.CommandLine;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;

namespace HsStream.Cli.Model;

/// <summary>Where models are kept, and which of them a verb means.</summary>
internal sealed class ModelFlags
{
    private readonly Option<string> _dataDirectory = CommonOptions.DataDirectory();
    private readonly Option<string?> _store = new("--models") { Description = "Folder of the models; default: models/ in the data directory.", HelpName = "DIR" };

    private readonly Option<string?> _model = new("--model")
    {
        Description = "Folder of a bundle, or the first digits of a model version; default: the model that was trained last.",
        HelpName = "DIR|VERSION",
    };

    public void AddTo(Command verb, bool withModel)
    {
        verb.Add(_dataDirectory);
        verb.Add(_store);
        if (withModel) { verb.Add(_model); }
    }

    public BundleStore Store(ParseResult parsed) =>
        new(parsed.GetValue(_store) ?? Path.Combine(parsed.GetValue(_dataDirectory)!, "models"));

    /// <summary>The store, in a data directory that is made when it is missing.</summary>
    public BundleStore WritableStore(ParseResult parsed)
    {
        if (parsed.GetValue(_store) is null) { DataDirectory.Prepare(parsed.GetValue(_dataDirectory)!); }
        return Store(parsed);
    }

    /// <exception cref="OperatorException">There is no such model, or more than one.</exception>
    /// <exception cref="BundleException">It is damaged.</exception>
    public Bundle Open(ParseResult parsed)
    {
        return parsed.GetValue(_model) is { } wanted ? Open(parsed, wanted) : Newest(Store(parsed));
    }

    /// <param name="wanted">Folder of a bundle, or the first digits of a model version.</param>
    /// <inheritdoc cref="Open(ParseResult)"/>
    public Bundle Open(ParseResult parsed, string wanted) => Open(Store(parsed), wanted, "--model");

    /// <param name="name">Of the option or argument, for messages.</param>
    /// <inheritdoc cref="Open(ParseResult)"/>
    public static Bundle Open(BundleStore store, string wanted, string name)
    {
        if (Directory.Exists(wanted)) { return BundleReader.Read(wanted); }
        return store.Find(wanted) switch
        {
            [var only] => store.Open(only),
            [] => throw new OperatorException($"{name} is '{wanted}'; expected the folder of a bundle, or the first digits of a model version in {store.Root}"),
            var several => throw new OperatorException($"{name} is '{wanted}', which begins {several.Count} model versions in {store.Root}; give more digits"),
        };
    }

    public HsModel Load(ParseResult parsed, ScoringOptions options) => HsModel.Load(Open(parsed), options);

    private static Bundle Newest(BundleStore store)
    {
        // Only the one that is used must be whole; a damaged neighbour is reported when it is asked for.
        var manifests = store.List().Select(version => (version, manifest: BundleReader.TryReadManifest(store.PathOf(version)))).Where(entry => entry.manifest is not null);
        var newest = manifests.OrderByDescending(entry => entry.manifest!.CreatedAt).ThenBy(entry => entry.version, StringComparer.Ordinal).FirstOrDefault();
        return newest.manifest is null
            ? throw new OperatorException($"there is no model in {store.Root}; hsstream train makes one, --model names another folder")
            : store.Open(newest.version);
    }
}
