using System.Reflection;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Explanation;
using HsStream.Scoring.Features;
using HsStream.Training.Export;
using HsStream.Training.Fitting;
using HsStream.Training.Networks;

namespace HsStream.Training.Modelling;

/// <summary>Makes a bundle of rows: encoder, network, calibration, precedents.</summary>
/// <remarks>
/// Trains twice. The first run leaves a part of the texts out and is calibrated on them; the second learns from everything and takes
/// over that calibration, so that no row is lost to it. The second model knows more than the first, so its sets cover at least
/// what they promise. Equal rows and settings give equal weights on one kind of CPU.
/// </remarks>
/// <param name="source">How the operator named the data.</param>
public sealed class ModelBuilder(ModelSettings settings, string source, TimeProvider clock)
{
    public IProgress<ModelProgress>? Progress { get; init; }

    /// <summary>Where an interrupted build leaves off and goes on; null keeps nothing. Emptied when the build is over.</summary>
    public string? WorkDirectory { get; init; }

    /// <summary>Builds the model and adds it to the store.</summary>
    /// <exception cref="HyperParameterException">A setting is out of range.</exception>
    /// <exception cref="ArgumentException">The data is too small to hold a part of it out.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; with a <see cref="WorkDirectory"/> the next build goes on from there.</exception>
    public BuiltModel Build(TrainingSet data, BundleStore store, CancellationToken cancellationToken)
    {
        settings.Validate();
        var started = clock.GetTimestamp();
        var held = HeldOutRows(data);
        using var work = new WorkFolder(WorkDirectory);
        var (calibration, score) = work.Calibration(settings, data.DataHash, () => Calibrate(data, held, work, cancellationToken));

        var parts = Train(data, work.Checkpoint("final"), ModelPhase.FinalRun, cancellationToken);
        using var network = parts.Network;
        Progress?.Report(new ModelProgress(ModelPhase.Export, null));
        var files = Files(parts, FitterOf(parts, data).Adopt(calibration));
        var manifest = Manifest(data, held.Count, score, parts.Encoder.Hash);
        if (Precedents(data, manifest, files, cancellationToken) is { } precedents) { files.Add(Bundle.PrecedentsFile, precedents); }
        var stored = store.Add(manifest, files);
        work.Clear();
        return new BuiltModel(
            stored, store.PathOf(stored.ModelVersion), CountParameters(parts.Network), stored.Files.Sum(file => file.Size) + stored.ToJson().Length,
            clock.GetElapsedTime(started), score);
    }

    private HashSet<int> HeldOutRows(TrainingSet data)
    {
        var rows = Enumerable.Range(0, data.Texts.Count).Where(row => !data.Texts[row].IsCatalogue).ToList();
        var held = rows.Where(row => HeldOut.IsHeldOut(TrainingSet.KeyOf(data.Texts[row].Text), settings.CalibrationShare, settings.Seed)).ToHashSet();
        return held.Count > 0 && held.Count < rows.Count ? held
            : throw new ArgumentException($"Expected data of which {settings.CalibrationShare:P0} can be held out, got {rows.Count} different texts.");
    }

    private (Calibration Calibration, HeldOutScore Score) Calibrate(TrainingSet data, HashSet<int> held, WorkFolder work, CancellationToken cancellationToken)
    {
        var learned = data.Without(held);
        var parts = Train(learned, work.Checkpoint("first"), ModelPhase.FirstRun, cancellationToken);
        using var network = parts.Network;
        Progress?.Report(new ModelProgress(ModelPhase.Calibration, null));
        var texts = held.Order().Select(row => data.Texts[row].Text).ToList();
        var codes = held.Order().Select(row => data.Texts[row].Code).ToList();

        // Scored as it will be served: through the exported file.
        using var served = ServedModel.Open(Manifest(data, held.Count, null, parts.Encoder.Hash), Files(parts, Calibration.None));
        var (encoded, logits) = served.Score(texts, cancellationToken);
        return (FitterOf(parts, learned).Fit(encoded, logits, codes), ServedModel.ScoreOf(served.Labels, logits, codes));
    }

    private CalibrationFitter FitterOf(TrainedParts parts, TrainingSet data)
    {
        var texts = new EncodedBatch(parts.Encoder);
        var own = data.Texts.Where(text => !text.IsCatalogue).ToList();
        foreach (var text in own) { texts.Add(text.Text); }
        return new CalibrationFitter(new LabelTable(parts.Labels.Codes, settings.Edition), texts, [.. own.Select(text => text.Code)], settings.Calibration);
    }

    private TrainedParts Train(TrainingSet data, string? checkpoint, ModelPhase phase, CancellationToken cancellationToken)
    {
        var texts = data.Texts;
        var encoder = EncoderFitter.Fit(settings.Encoder, texts.Select(text => text.Text));
        var labels = new LabelHierarchy(texts.Select(text => text.Code).Distinct().Order());
        var indexOf = labels.Codes.Select((code, i) => (code, i)).ToDictionary(pair => pair.code, pair => pair.i);
        var rows = new LabelledRows(
            EncodedRows.Encode(encoder, texts.Select(text => text.Text)),
            [.. texts.Select(text => indexOf[text.Code])],
            [.. texts.Select(text => text.Weight)]);
        var network = new ChannelNetwork(settings.Definition, NetworkInputs.Of(encoder.Definition), labels, settings.Seed);
        var trainer = new Trainer(network, settings.Training, rows, heldOut: null, settings.Seed, clock)
        {
            CheckpointPath = checkpoint,
            Progress = Progress is null ? null : new Relay(progress => Progress.Report(new ModelProgress(phase, progress))),
        };
        try
        {
            trainer.Run(cancellationToken);
        }
        catch
        {
            network.Dispose();
            throw;
        }

        return new TrainedParts(encoder, network, labels);
    }

    private Dictionary<string, ReadOnlyMemory<byte>> Files(TrainedParts parts, Calibration calibration) => new()
    {
        [Bundle.ModelFile] = ModelWriter.Write(parts.Network, settings.Export),
        [Bundle.EncoderFile] = parts.Encoder.Definition.ToJson(),
        [Bundle.EncoderTablesFile] = parts.Encoder.ToBytes().Tables,
        [Bundle.LabelsFile] = new LabelTable(parts.Labels.Codes, settings.Edition).ToTsv(),
        [Bundle.CalibrationFile] = calibration.ToJson(),
    };

    /// <returns>Null when the network has no embedding or none are wanted.</returns>
    private ReadOnlyMemory<byte>? Precedents(
        TrainingSet data, BundleManifest manifest, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, CancellationToken cancellationToken)
    {
        if (settings.MaxPrecedents == 0) { return null; }
        using var served = ServedModel.Open(manifest, files);
        if (served.EmbeddingLength == 0) { return null; }
        var rows = Enumerable.Range(0, data.Texts.Count).Where(row => !data.Texts[row].IsCatalogue).ToList();
        var texts = rows.ConvertAll(row => data.Texts[row].Text);
        return PrecedentWriter.Write(
            texts, rows.ConvertAll(row => data.Texts[row].Code), rows.ConvertAll(row => (long)row), served.Embeddings(texts, cancellationToken), served.EmbeddingLength,
            new PrecedentOptions { MaxTexts = settings.MaxPrecedents });
    }

    private BundleManifest Manifest(TrainingSet data, int heldOut, HeldOutScore? score, string encoderHash) => new()
    {
        Architecture = settings.Architecture,
        Seed = settings.Seed,
        HyperParameters = SettingsText.Of(settings),
        Dataset = new DatasetFacts(source, "", null, data.DataRows, data.DataHash),
        Split = new SplitFacts("first run without, final run with the calibration rows", settings.Seed, data.Texts.Count, heldOut, 0),
        Metrics = score is null ? new Dictionary<string, double>() : new Dictionary<string, double>
        {
            ["held_out_hs4_top1"] = Math.Round(score.Headings, 4),
            ["held_out_hs6_top1"] = Math.Round(score.Subheadings, 4),
            ["held_out_log_loss"] = Math.Round(score.LogLoss, 4),
        },
        CodeCommit = CodeCommit,
        NomenclatureEdition = settings.Edition.Name,
        EncoderHash = encoderHash,
        CreatedAt = clock.GetUtcNow(),
    };

    /// <summary>The build writes the commit behind the version: 0.1.0+commit.</summary>
    private static string CodeCommit =>
        typeof(ModelBuilder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, var commit] ? commit : "unknown";

    private static long CountParameters(ChannelNetwork network) =>
        network.Parameters.Sum(parameter => (long)parameter.ToArray().Length)
        + network.Tables.Sum(table => Enumerable.Range(1, table.Rows - 1).Count(id => table.Row(id).ContainsAnyExcept(0f)) * (long)table.Width);

    private sealed record TrainedParts(DescriptionEncoder Encoder, ChannelNetwork Network, LabelHierarchy Labels);

    /// <summary>Hands progress over at once and on the same thread, so that its order is kept.</summary>
    private sealed class Relay(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
