using System.Reflection;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Explanation;
using HsStream.Scoring.Features;
using HsStream.Training.Export;
using HsStream.Training.Fitting;
using HsStream.Training.Networks;
using TorchSharp;

namespace HsStream.Training.Modelling;

/// <summary>Makes a bundle of rows: encoder, network, calibration, precedents.</summary>
/// <remarks>
/// First runs leave a part of the texts out each, and together are calibrated on them; the final run learns from everything and takes
/// over that calibration, so that no row is lost to it. The final model knows more than the first ones, so its sets cover at least
/// what they promise, but for luck, which more parts make smaller. Equal rows and settings give equal weights on one kind of CPU.
/// </remarks>
/// <param name="source">How the operator named the data.</param>
public sealed class ModelBuilder(ModelSettings settings, string source, TimeProvider clock)
{
    // A table in 4 bits, with its scales.
    private const double FewestBytesOfNumber = 4.5 / 8;
    private const long ManifestReserve = 64 * 1024;

    public IProgress<ModelProgress>? Progress { get; init; }

    /// <summary>Where an interrupted build leaves off and goes on; null keeps nothing. Emptied when the build is over.</summary>
    public string? WorkDirectory { get; init; }

    /// <summary>Where networks learn. Weights are repeated bit by bit on the processor only.</summary>
    public torch.Device? Device { get; init; }

    /// <summary>Builds the model and adds it to the store.</summary>
    /// <exception cref="HyperParameterException">A setting is out of range.</exception>
    /// <exception cref="ArgumentException">The data is too small to hold a part of it out.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; with a <see cref="WorkDirectory"/> the next build goes on from there.</exception>
    public BuiltModel Build(TrainingSet data, BundleStore store, CancellationToken cancellationToken)
    {
        settings.Validate();
        var started = clock.GetTimestamp();
        RequireSize(data, store.Limits);
        var held = HeldOutRows(data);
        using var work = new WorkFolder(WorkDirectory);
        var (calibration, score) = work.Calibration(settings, data.DataHash, () => Calibrate(data, held, work, cancellationToken));

        var parts = Train(data, work.Checkpoint("final"), ModelPhase.FinalRun, cancellationToken);
        using var network = parts.Network;
        Progress?.Report(new ModelProgress(ModelPhase.Export, null));
        var adopted = FitterOf(parts, data).Adopt(calibration);
        var (manifest, files) = Export(settings.Export);
        if (SizeOf(files) > store.Limits.MaxBundleBytes && settings.Export.Tables is not WeightPrecision.Four)
        {
            // Many texts have many n-grams. Half the size at half the speed is better than no model after all that work.
            (manifest, files) = Export(settings.Export with { Tables = WeightPrecision.Four });
        }

        var stored = store.Add(manifest, files);
        work.Clear();
        return new BuiltModel(
            stored, store.PathOf(stored.ModelVersion), CountParameters(parts.Network), stored.Files.Sum(file => file.Size) + stored.ToJson().Length,
            clock.GetElapsedTime(started), score);

        (BundleManifest Manifest, Dictionary<string, ReadOnlyMemory<byte>> Files) Export(ExportOptions export)
        {
            var made = Files(parts, adopted, export);
            var described = Manifest(data, held.Sum(part => part.Count), score, parts.Encoder.Hash, export);
            if (Precedents(data, described, made, cancellationToken) is { } precedents) { made.Add(Bundle.PrecedentsFile, precedents); }
            return (described, made);
        }
    }

    private static long SizeOf(Dictionary<string, ReadOnlyMemory<byte>> files) => ManifestReserve + files.Values.Sum(file => (long)file.Length);

    private List<HashSet<int>> HeldOutRows(TrainingSet data)
    {
        var rows = Enumerable.Range(0, data.Texts.Count).Where(row => !data.Texts[row].IsCatalogue).ToList();
        var parts = rows.ToLookup(row => HeldOut.PartOf(TrainingSet.KeyOf(data.Texts[row].Text), settings.CalibrationShare, settings.CalibrationParts, settings.Seed));
        List<HashSet<int>> held = [.. Enumerable.Range(0, settings.CalibrationParts).Select(part => parts[part].ToHashSet())];
        return held.All(part => part.Count > 0 && part.Count < rows.Count) ? held
            : throw new ArgumentException($"Expected data of which {settings.CalibrationShare:P0} can be held out, got {rows.Count} different texts.");
    }

    private (Calibration Calibration, HeldOutScore Score) Calibrate(
        TrainingSet data, List<HashSet<int>> held, WorkFolder work, CancellationToken cancellationToken)
    {
        var scored = new List<CalibrationFitter.HeldOutScores>();
        var results = new List<HeldOutScore>();
        for (var part = 0; part < held.Count; part++)
        {
            var learned = data.Without(held[part]);
            var parts = Train(learned, work.Checkpoint($"first-{part}"), ModelPhase.FirstRun, cancellationToken, part, held.Count);
            using var network = parts.Network;
            Progress?.Report(new ModelProgress(ModelPhase.Calibration, null, part, held.Count));
            var texts = held[part].Order().Select(row => data.Texts[row].Text).ToList();
            var codes = held[part].Order().Select(row => data.Texts[row].Code).ToList();

            // Scored as it will be served: through the exported file.
            using var served = ServedModel.Open(Manifest(data, texts.Count, null, parts.Encoder.Hash, settings.Export), Files(parts, Calibration.None, settings.Export));
            var (encoded, logits) = served.Score(texts, cancellationToken);
            scored.Add(new CalibrationFitter.HeldOutScores(FitterOf(parts, learned), encoded, logits, codes));
            results.Add(ServedModel.ScoreOf(served.Labels, logits, codes));
        }

        double Mean(Func<HeldOutScore, double> figure) => results.Zip(scored).Sum(pair => figure(pair.First) * pair.Second.Count) / scored.Sum(part => part.Count);
        return (CalibrationFitter.Fit(scored), new HeldOutScore(Mean(score => score.Subheadings), Mean(score => score.Headings), Mean(score => score.LogLoss)));
    }

    /// <summary>A network that cannot fit into a bundle is refused before it is trained.</summary>
    private void RequireSize(TrainingSet data, BundleLimits limits)
    {
        var labels = data.Texts.Select(text => text.Code).Distinct().Count();
        foreach (var channel in settings.Definition.Channels.OfType<NgramChannelDefinition>().Where(channel => channel.Width is null && channel.Rows is not null))
        {
            var bytes = channel.Rows!.Value * labels * FewestBytesOfNumber;
            if (bytes > limits.MaxBundleBytes)
            {
                throw new HyperParameterException($"channels.rows of the {settings.Architecture} network must be at most {(int)(limits.MaxBundleBytes / FewestBytesOfNumber / labels)}, and is {channel.Rows}: {labels} codes times {channel.Rows} rows make {bytes / 1e6:0} MB, and a bundle holds {limits.MaxBundleBytes / 1e6:0} MB.");
            }
        }
    }

    private CalibrationFitter FitterOf(TrainedParts parts, TrainingSet data)
    {
        var texts = new EncodedBatch(parts.Encoder);
        var own = data.Texts.Where(text => !text.IsCatalogue).ToList();
        foreach (var text in own) { texts.Add(text.Text); }
        return new CalibrationFitter(new LabelTable(parts.Labels.Codes, settings.Edition), texts, [.. own.Select(text => text.Code)], settings.Calibration);
    }

    private TrainedParts Train(TrainingSet data, string? checkpoint, ModelPhase phase, CancellationToken cancellationToken, int run = 0, int runs = 1)
    {
        var texts = data.Texts;
        var encoder = EncoderFitter.Fit(settings.Encoder, texts.Select(text => text.Text));
        var labels = new LabelHierarchy(texts.Select(text => text.Code).Distinct().Order());
        var indexOf = labels.Codes.Select((code, i) => (code, i)).ToDictionary(pair => pair.code, pair => pair.i);
        var rows = new LabelledRows(
            EncodedRows.Encode(encoder, texts.Select(text => text.Text)),
            [.. texts.Select(text => indexOf[text.Code])],
            [.. texts.Select(text => text.Weight)]);
        var network = new ChannelNetwork(settings.Definition, NetworkInputs.Of(encoder.Definition), labels, settings.Seed, Device);
        var trainer = new Trainer(network, settings.Training, rows, heldOut: null, settings.Seed, clock)
        {
            CheckpointPath = checkpoint,
            KeepsCheckpoint = run + 1 < runs,
            Progress = Progress is null ? null : new Relay(progress => Progress.Report(new ModelProgress(phase, progress, run, runs))),
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

    private Dictionary<string, ReadOnlyMemory<byte>> Files(TrainedParts parts, Calibration calibration, ExportOptions export) => new()
    {
        [Bundle.ModelFile] = ModelWriter.Write(parts.Network, export),
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

    private BundleManifest Manifest(TrainingSet data, int heldOut, HeldOutScore? score, string encoderHash, ExportOptions export) => new()
    {
        Architecture = settings.Architecture,
        Seed = settings.Seed,
        HyperParameters = SettingsText.Of(settings with { Export = export }),
        Dataset = new DatasetFacts(source, "", null, data.DataRows, data.DataHash),
        Split = new SplitFacts(settings.CalibrationParts == 1 ? "first run without, final run with the calibration rows" : $"{settings.CalibrationParts} first runs, each without its part of the calibration rows, final run with all", settings.Seed, data.Texts.Count, heldOut, 0),
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
