using Confluent.SchemaRegistry;
using HsStream.Domain.Messages;
using Microsoft.Extensions.Logging;

namespace HsStream.Streaming.Codecs;

/// <summary>The codecs of all messages over one schema registry. Thread-safe; share one in a process.</summary>
public sealed class MessageCodecs : IDisposable
{
    private readonly RegistrySchemas _registry;

    public MessageCodecs(KafkaSettings settings, MessageLimits limits, ILoggerFactory loggers, TimeProvider time)
        : this(new RegistrySchemas(settings, loggers, time), limits)
    {
    }

    /// <param name="client">Disposed with this.</param>
    public MessageCodecs(ISchemaRegistryClient client, KafkaSettings settings, MessageLimits limits, ILoggerFactory loggers, TimeProvider time)
        : this(new RegistrySchemas(client, settings, loggers, time), limits)
    {
    }

    private MessageCodecs(RegistrySchemas registry, MessageLimits limits)
    {
        _registry = registry;
        Descriptions = new ProductDescriptionCodec(registry, limits);
        Predictions = new PredictionCodec(registry, limits);
        Corrections = new LabelCorrectionCodec(registry, limits);
        Models = new ModelVersionCodec(registry, limits);
        Experiments = new ExperimentCodec(registry, limits);
        Signals = new MonitorSignalCodec(registry, limits);
        Retraining = new RetrainingRequestCodec(registry, limits);
    }

    public MessageCodec<ProductDescription> Descriptions { get; }

    public MessageCodec<Prediction> Predictions { get; }

    public MessageCodec<LabelCorrection> Corrections { get; }

    public MessageCodec<ModelVersion> Models { get; }

    public MessageCodec<Experiment> Experiments { get; }

    public MessageCodec<MonitorSignal> Signals { get; }

    public MessageCodec<RetrainingRequest> Retraining { get; }

    /// <summary>Registers the schemas of all topics of <see cref="Topics"/> and has them stay compatible. Waits for the registry.</summary>
    /// <exception cref="Codecs.SchemaRefusedException">The registry holds something that ours cannot follow.</exception>
    public async Task RegisterAsync(CancellationToken cancellationToken)
    {
        (string Topic, string Name)[] uses =
        [
            (Topics.Descriptions, "ProductDescription"), (Topics.Predictions, "HsPrediction"), (Topics.ShadowPredictions, "HsPrediction"),
            (Topics.Corrections, "LabelCorrection"), (Topics.Models, "ModelVersion"), (Topics.Experiments, "Experiment"),
            (Topics.Signals, "MonitorSignal"), (Topics.Retraining, "RetrainingRequest"),
        ];
        foreach (var (topic, name) in uses)
        {
            await _registry.RequireCompatibilityAsync(topic, cancellationToken);
            await _registry.GetIdAsync(topic, MessageSchema.Load(name), cancellationToken);
        }
    }

    public void Dispose() => _registry.Dispose();
}
