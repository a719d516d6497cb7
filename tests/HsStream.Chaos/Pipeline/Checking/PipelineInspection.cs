using HsStream.Domain.Messages;

namespace HsStream.Chaos.Pipeline.Checking;

/// <summary>Reads a pipeline that has come to rest, and checks it.</summary>
/// <param name="postgres">Empty when no ledger took part.</param>
internal sealed class PipelineInspection(string bootstrap, Uri registry, string postgres)
{
    private const string ScorerGroup = "hs.scorer";

    /// <param name="isMarked">Whether the load marked its poison.</param>
    public async Task<CheckReport> RunAsync(bool isMarked, CancellationToken cancellationToken) =>
        PipelineCheck.Run(await ReadAsync(isMarked, cancellationToken));

    public async Task<PipelineFacts> ReadAsync(bool isMarked, CancellationToken cancellationToken)
    {
        using var avro = new AvroRecords(registry);
        var topics = new TopicFacts(bootstrap, avro);
        var descriptions = topics.Descriptions(Topics.Descriptions);
        var predictions = topics.Predictions(Topics.Predictions);
        var letters = topics.DeadLetters(Topics.DeadLetters);
        var progress = topics.Group(ScorerGroup, Topics.Descriptions).ToList();
        LedgerFacts? ledger = null;
        if (postgres.Length > 0)
        {
            await using var reader = new LedgerReader(postgres);
            var (complaints, events) = await ChainVerifier.RunAsync(postgres, cancellationToken);
            ledger = await reader.ReadAsync(complaints, events, cancellationToken);
            var offsets = await reader.OffsetsAsync(cancellationToken);
            progress.AddRange(topics.Ends.Select(end => new ProgressFact(
                "the ledger", end.Key.Topic, end.Key.Partition, end.Value.LastRecord, end.Value.End,
                offsets.TryGetValue((end.Key.Topic, end.Key.Partition.Value), out var next) ? next : null)));
        }

        return new PipelineFacts
        {
            DescriptionsTopic = Topics.Descriptions,
            Descriptions = descriptions,
            Predictions = predictions,
            DeadLetters = letters,
            Progress = progress,
            IsMarked = isMarked,
            Ledger = ledger,
        };
    }
}
