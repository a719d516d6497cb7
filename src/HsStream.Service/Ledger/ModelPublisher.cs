using Confluent.Kafka;
using HsStream.Domain.Messages;
using HsStream.Service.Configuration;
using HsStream.Service.Hosting;
using HsStream.Store;
using HsStream.Store.Reading;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Publish;
using Npgsql;

namespace HsStream.Service.Ledger;

/// <summary>Tells the scorers what operators decided: from the ledger's model events to <c>hs.models</c> and <c>hs.experiments</c>.</summary>
/// <remarks>
/// The event log is the only list of what is to be told, so nothing is told that is not recorded. The checkpoint moves after Kafka's
/// acknowledgement: a crash between the two tells the last change again, which changes nothing. One process leads.
/// </remarks>
internal sealed class ModelPublisher(
    LedgerStore ledger, LedgerSetup setup, KafkaSetup kafka, [FromKeyedServices(LedgerParts.Publisher)] RecordPublisher publisher, MessageCodecs codecs,
    RecorderOptions options, ILogger<ModelPublisher> logger, TimeProvider time)
{
    public const string Name = "model-publisher";

    private const int ChangesAtOnce = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await setup.Ready.WaitAsync(cancellationToken);
        await kafka.TopicsReady.WaitAsync(cancellationToken);
        while (true)
        {
            try
            {
                await ledger.Election.RunAsync(Name, LeadAsync, cancellationToken);
            }
            catch (Exception e) when (e is KafkaException or NpgsqlException or TimeoutException or IOException)
            {
                logger.PublisherStopped(Pause, e.Message);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>Publishes every change after the checkpoint, in the order of the events.</summary>
    internal async Task PublishAsync(CancellationToken cancellationToken)
    {
        var done = await ledger.Checkpoints.LoadAsync(Name, cancellationToken);
        var changes = await ledger.Queries.ModelChangesAfterAsync(done, ChangesAtOnce, cancellationToken);
        foreach (var (change, checkpoint) in SuccessorsFirst(changes, isCut: changes.Count == ChangesAtOnce))
        {
            if (change.Model is { } model)
            {
                await publisher.PublishAsync(Topics.Models, codecs.Models, model, cancellationToken);
                logger.ChangePublished("model", model.Version, change.Sequence);
            }

            if (change.Experiment is { } experiment)
            {
                await publisher.PublishAsync(Topics.Experiments, codecs.Experiments, experiment, cancellationToken);
                logger.ChangePublished("experiment", experiment.ExperimentId, change.Sequence);
            }

            if (checkpoint is { } sequence) { await ledger.Checkpoints.SaveAsync(Name, sequence, cancellationToken); }
        }
    }

    /// <summary>Tells of a new champion before the retirement of the old one, so that the scorers are never without.</summary>
    /// <param name="isCut">Whether more changes may follow; then a retirement at the end waits for them.</param>
    /// <returns>Each change with the sequence that is done after it; null when an earlier one is still to be told.</returns>
    internal static IEnumerable<(ModelChange Change, long? Done)> SuccessorsFirst(IReadOnlyList<ModelChange> changes, bool isCut)
    {
        for (var i = 0; i < changes.Count; i++)
        {
            var isRetirement = changes[i].Model?.Stage == ModelStage.Retired;
            if (isRetirement && i + 1 < changes.Count && changes[i + 1].Model is { Stage: ModelStage.Champion } successor && successor.Version != changes[i].Model!.Version)
            {
                yield return (changes[i + 1], null);
                yield return (changes[i], changes[i + 1].Sequence);
                i++;
            }
            else if (!isRetirement || i + 1 < changes.Count || !isCut)
            {
                yield return (changes[i], changes[i].Sequence);
            }
        }
    }

    private async Task LeadAsync(CancellationToken cancellationToken)
    {
        logger.PublisherLeads();
        while (!cancellationToken.IsCancellationRequested)
        {
            await PublishAsync(cancellationToken);
            await Task.Delay(options.PublishInterval, time, cancellationToken);
        }
    }
}
