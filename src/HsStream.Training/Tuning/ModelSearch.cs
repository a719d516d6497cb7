using System.Text;
using System.Text.Json.Nodes;
using HsStream.Scoring.Features;
using HsStream.Training.Fitting;
using HsStream.Training.Modelling;
using HsStream.Training.Networks;

namespace HsStream.Training.Tuning;

/// <summary>Tries points of a search by training: the value is the share of held-out rows whose likeliest subheading is right.</summary>
/// <param name="network">What a point changes, and what stays as it is.</param>
/// <param name="heldOut">Texts that are not in <paramref name="data"/>.</param>
public sealed class ModelSearch(
    NetworkDefinition network, TrainingOptions training, NetworkInputs inputs, LabelHierarchy labels, LabelledRows data, LabelledRows heldOut, long seed, TimeProvider clock)
{
    /// <summary>A search on a part of a model's rows, measured on the rest, with its architecture and training as the starting point.</summary>
    /// <exception cref="ArgumentException">The data is too small to hold a part of it out.</exception>
    public static ModelSearch Of(TrainingSet set, ModelSettings settings, TimeProvider clock)
    {
        settings.Validate();
        var held = Enumerable.Range(0, set.Texts.Count).Where(row => !set.Texts[row].IsCatalogue
            && HeldOut.IsHeldOut(TrainingSet.KeyOf(set.Texts[row].Text), settings.CalibrationShare, settings.Seed)).ToHashSet();
        var learned = set.Without(held).Texts;
        if (held.Count == 0 || learned.All(text => text.IsCatalogue))
        {
            throw new ArgumentException($"Expected data of which {settings.CalibrationShare:P0} can be held out, got {set.Texts.Count(text => !text.IsCatalogue)} different texts.");
        }

        var encoder = EncoderFitter.Fit(settings.Encoder, learned.Select(text => text.Text));
        var labels = new LabelHierarchy(set.Texts.Select(text => text.Code).Distinct().Order());
        var indexOf = labels.Codes.Select((code, i) => (code, i)).ToDictionary(pair => pair.code, pair => pair.i);
        LabelledRows Rows(IReadOnlyList<TrainingText> texts) => new(
            EncodedRows.Encode(encoder, texts.Select(text => text.Text)), [.. texts.Select(text => indexOf[text.Code])], [.. texts.Select(text => text.Weight)]);
        return new ModelSearch(
            settings.Definition, settings.Training, NetworkInputs.Of(encoder.Definition), labels, Rows(learned), Rows([.. held.Order().Select(row => set.Texts[row])]), settings.Seed, clock);
    }

    /// <summary>What is worth trying around the default model: step sizes, what is left out in training, smoothing, the weight of headings.</summary>
    public static SearchSpace DefaultSpace(NetworkDefinition network)
    {
        List<SearchAxis> axes =
        [
            new ContinuousAxis("training.optimizer.dense_rate", 0.0005, 0.01, IsLog: true),
            new ContinuousAxis("training.optimizer.table_rate", 0.03, 0.5, IsLog: true),
            new ContinuousAxis("training.loss.label_smoothing", 0, 0.25),
            new ContinuousAxis("training.loss.headings", 0, 1.5),
            new ContinuousAxis("network.head.dropout", 0, 0.7),
        ];
        for (var i = 0; i < network.Channels.Count; i++)
        {
            axes.Add(new ContinuousAxis($"network.channels[{i}].{(network.Channels[i] is NgramChannelDefinition ? "feature_dropout" : "dropout")}", 0, 0.7));
            if (network.Channels[i] is not NgramChannelDefinition { Width: null } and not TransformerChannelDefinition)
            {
                axes.Add(new IntegerAxis($"network.channels[{i}].width", 64, 256, IsLog: true));
            }
        }

        return new SearchSpace(axes);
    }

    /// <summary>The settings at a point.</summary>
    /// <exception cref="HyperParameterException">A name that the settings do not have, or a value out of its range.</exception>
    public (NetworkDefinition Network, TrainingOptions Training) SettingsAt(SearchPoint point)
    {
        var settings = new JsonObject { ["network"] = JsonNode.Parse(network.ToJson()), ["training"] = JsonNode.Parse(training.ToJson()) };
        foreach (var (name, value) in point.Values)
        {
            SettingPath.Set(settings, name, value.Text is { } text ? JsonValue.Create(text)
                : value.Number == Math.Floor(value.Number) && Math.Abs(value.Number) < int.MaxValue ? JsonValue.Create((int)value.Number) : JsonValue.Create(value.Number));
        }

        return (NetworkDefinition.Parse(Encoding.UTF8.GetBytes(settings["network"]!.ToJsonString())), TrainingOptions.Parse(Encoding.UTF8.GetBytes(settings["training"]!.ToJsonString())));
    }

    /// <summary>Trains at a point, for <see cref="Tuner.Run"/>; each epoch is a stage.</summary>
    public double Evaluate(SearchPoint point, Func<int, double, bool> isWorthGoingOn, CancellationToken cancellationToken)
    {
        var (definition, options) = SettingsAt(point);
        using var tried = new ChannelNetwork(definition, inputs, labels, seed);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var best = 0.0;
        var trainer = new Trainer(tried, options, data, heldOut, seed, clock)
        {
            Progress = new Relay(progress =>
            {
                if (progress.Score is not { } score) { return; }
                best = Math.Max(best, score.Subheadings);
                if (!isWorthGoingOn(progress.Epoch - 1, best)) { stop.Cancel(); }
            }),
        };
        try
        {
            trainer.Run(stop.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Given up: what it reached is its value.
        }

        return best;
    }

    private sealed class Relay(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
