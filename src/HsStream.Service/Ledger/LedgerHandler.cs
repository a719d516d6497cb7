using System.Diagnostics;
using Confluent.Kafka;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Service.Telemetry;
using HsStream.Store;
using HsStream.Store.Chain;
using HsStream.Store.Writing;
using HsStream.Streaming.DeadLetters;
using HsStream.Streaming.Feeding;
using HsStream.Streaming.Processing;
using HsStream.Streaming.Publish;

namespace HsStream.Service.Ledger;

/// <summary>Appends batches to the ledger; their offsets move in the same transaction.</summary>
/// <remarks>While PostgreSQL is away an append waits and tries again; the consumer stays in its group meanwhile.</remarks>
internal sealed class LedgerHandler(
    LedgerStore ledger, LedgerSetup setup, FactReader facts, [FromKeyedServices(LedgerParts.Publisher)] RecordPublisher publisher, ILogger<LedgerHandler> logger, TimeProvider time) : IOffsetBatchHandler
{
    private const int MostLinks = 128;

    // The ledger's own next offset of each partition: the records' offsets have gaps.
    private readonly Dictionary<(string Topic, int Partition), long> _next = [];

    public async Task<IReadOnlyDictionary<TopicPartition, long>> LoadOffsetsAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        await setup.Ready.WaitAsync(cancellationToken);
        var stored = await ledger.Offsets.LoadAsync([.. partitions.Select(p => (p.Topic, p.Partition.Value))], cancellationToken);
        var starts = new Dictionary<TopicPartition, long>();
        foreach (var partition in partitions)
        {
            var next = _next[(partition.Topic, partition.Partition.Value)] = stored.GetValueOrDefault((partition.Topic, partition.Partition.Value));
            if (next > 0) { starts[partition] = next; }
        }

        return starts;
    }

    public async Task HandleAsync(IReadOnlyList<InputRecord> batch, CancellationToken cancellationToken)
    {
        using var span = StartSpan(batch);
        var recorded = new RecordedFact[batch.Count];
        for (var i = 0; i < recorded.Length; i++) { recorded[i] = await facts.ReadAsync(batch[i], cancellationToken); }
        var advances = Advances(batch);
        LedgerReceipt receipt;
        try
        {
            receipt = await ledger.Writer.AppendAsync(new LedgerBatch(recorded, advances), cancellationToken);
        }
        catch (OffsetConflictException e)
        {
            throw new StaleOffsetsException(e.Message);
        }
        catch (LedgerTamperedException e)
        {
            throw new ProcessorFatalException(e.Message, e);
        }

        foreach (var advance in advances) { _next[(advance.Topic, advance.Partition)] = advance.Next; }
        for (var i = 0; i < batch.Count; i++)
        {
            if (recorded[i].Fact is Fact.Unreadable unreadable) { logger.RecordUnreadable(batch[i].Topic, batch[i].Position.Partition, batch[i].Position.Offset, unreadable.Reason); }
            if (receipt.Outcomes[i] is FactOutcome.Rejected rejected) { await DeadLetterAsync(batch[i], rejected.Reason, cancellationToken); }
        }
    }

    private List<OffsetAdvance> Advances(IReadOnlyList<InputRecord> batch) =>
    [
        .. batch.GroupBy(record => (record.Topic, record.Position.Partition))
            .Select(group => new OffsetAdvance(group.Key.Topic, group.Key.Partition, _next.GetValueOrDefault(group.Key), group.Max(record => record.Position.Offset) + 1)),
    ];

    /// <summary>The ledger has noted the refusal, which is what counts; the dead letter is for those who watch the topic, and a crash here may lose it.</summary>
    private async Task DeadLetterAsync(InputRecord record, string reason, CancellationToken cancellationToken)
    {
        logger.FactRefused(record.Topic, record.Position.Partition, record.Position.Offset);
        // A dead letter of a dead letter would go round for ever.
        if (record.Topic == Topics.DeadLetters) { return; }
        var letter = new DeadLetter
        {
            Origin = record.Position, Key = record.Key, Value = record.Value, Reason = DeadLetterReasons.NotAllowed, Detail = reason, Stage = "ledger",
            OriginTimestamp = record.Timestamp, FirstSeen = time.GetUtcNow(),
        };
        while (true)
        {
            try
            {
                await publisher.PublishAsync(DeadLetterRecord.Write(Topics.DeadLetters, letter, record.Headers), cancellationToken);
                return;
            }
            catch (KafkaException e)
            {
                logger.DeadLetterWaits(e.Error.Code.ToString());
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
            }
        }
    }

    private static Activity? StartSpan(IReadOnlyList<InputRecord> batch)
    {
        if (!ServiceTrace.Source.HasListeners()) { return null; }
        var links = new List<ActivityLink>();
        foreach (var record in batch)
        {
            if (links.Count == MostLinks) { break; }
            if (record.TraceParent is { } parent && ActivityContext.TryParse(parent, null, isRemote: true, out var context)) { links.Add(new ActivityLink(context)); }
        }

        return ServiceTrace.Source.StartActivity("ledger append", ActivityKind.Consumer, default(ActivityContext), [new("hsstream.records", batch.Count)], links);
    }
}
