using System.Diagnostics;
using HsStream.Domain.Messages;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Tracing;
using Microsoft.Extensions.Logging;

namespace HsStream.Streaming.Processing;

/// <summary>Has a batch handled whatever it holds: retries what may pass, finds what never will.</summary>
internal sealed class BatchRunner(ProcessorOptions options, IRecordHandler handler, StreamingMetrics metrics, ILogger logger, TimeProvider time)
{
    /// <returns>Outputs of all records, in the batch's order; the ones that can never succeed as dead letters.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; nothing of the batch counts.</exception>
    public async Task<BatchOutputs> RunAsync(IReadOnlyList<InputRecord> batch, CancellationToken cancellationToken)
    {
        using var span = StartSpan(batch);
        var outputs = new BatchOutputs(options, time);
        var readable = new List<InputRecord>(batch.Count);
        foreach (var record in batch)
        {
            if (record.Bytes > options.MaxRecordBytes)
            {
                outputs.DeadLetter(record, DeadLetterReasons.OversizeRecord, $"expected at most {options.MaxRecordBytes} bytes, got {record.Bytes}");
            }
            else
            {
                readable.Add(record);
            }
        }

        if (readable.Count > 0) { await SolveAsync(readable, isKnownToFail: false, outputs, cancellationToken); }
        return outputs;
    }

    /// <summary>
    /// Halves what fails. When the first half passes, the second is known to fail and is halved without being tried: for one poison
    /// record that makes log2(n) + 2 calls at most on its path, and as many for what lies beside it.
    /// </summary>
    private async Task SolveAsync(List<InputRecord> records, bool isKnownToFail, BatchOutputs into, CancellationToken cancellationToken)
    {
        if (!isKnownToFail || records.Count == 1)
        {
            var (outputs, failure) = await TryAsync(records, cancellationToken);
            if (failure is null)
            {
                into.Append(outputs);
                return;
            }

            if (failure is RecordException { Position: { } position } named && records.FindIndex(record => record.Position == position) is var at and >= 0)
            {
                // What stands before and after is handled again, together: only the named record was at fault.
                await AroundAsync(records, at, named, into, cancellationToken);
                return;
            }

            if (records.Count == 1)
            {
                var (reason, detail) = failure is RecordException e ? (e.Reason, e.Detail)
                    : (DeadLetterReasons.ScoringFailed, $"the {options.Stage} failed on this record alone: {failure.GetType().Name}: {failure.Message}");
                into.DeadLetter(records[0], reason, detail);
                return;
            }
        }

        var half = records.Count / 2;
        var failedBefore = into.DeadLetters.Count;
        await SolveAsync(records.GetRange(0, half), isKnownToFail: false, into, cancellationToken);
        await SolveAsync(records.GetRange(half, records.Count - half), isKnownToFail: into.DeadLetters.Count == failedBefore, into, cancellationToken);
    }

    private async Task AroundAsync(List<InputRecord> records, int at, RecordException named, BatchOutputs into, CancellationToken cancellationToken)
    {
        var poison = records[at];
        var rest = new List<InputRecord>(records);
        rest.RemoveAt(at);
        into.DeadLetter(poison, named.Reason, named.Detail);
        if (rest.Count > 0) { await SolveAsync(rest, isKnownToFail: false, into, cancellationToken); }
    }

    /// <returns>No failure when it went well; else what this batch can never get over.</returns>
    private async Task<(BatchOutputs Outputs, Exception? Failure)> TryAsync(List<InputRecord> records, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var outputs = new BatchOutputs(options, time);
            try
            {
                await handler.HandleAsync(records, outputs, cancellationToken);
                return (outputs, null);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e) when (e is TransientException or SchemaRefusedException)
            {
                // A schema that the registry refuses is an operator's matter: no record is to blame for it.
                metrics.HandlerFailures.WithLabels(options.Stage, "transient").Inc();
                logger.BatchRetried(options.Stage, records.Count, attempt, (e.InnerException ?? e).GetType().Name);
                await Task.Delay(Backoff.Delay(attempt, options.Backoff, options.MaxBackoff), time, cancellationToken);
            }
            catch (Exception e) when (e is not (OutOfMemoryException or ProcessorFatalException))
            {
                // The edge of somebody else's code: what it cannot handle is found and dead-lettered, never lost.
                metrics.HandlerFailures.WithLabels(options.Stage, e is RecordException ? "record" : "other").Inc();
                return (outputs, e);
            }
        }
    }

    private Activity? StartSpan(IReadOnlyList<InputRecord> batch)
    {
        const int maxLinks = 128;
        if (!StreamingTrace.Source.HasListeners()) { return null; }
        var links = new List<ActivityLink>();
        foreach (var record in batch)
        {
            if (links.Count < maxLinks && record.TraceParent is { } parent && ActivityContext.TryParse(parent, null, isRemote: true, out var context)) { links.Add(new ActivityLink(context)); }
        }

        var span = StreamingTrace.Source.StartActivity($"process {batch[0].Topic}", ActivityKind.Consumer, parentContext: default, links: links);
        span?.SetTag("messaging.system", "kafka").SetTag("messaging.batch.message_count", batch.Count).SetTag("messaging.consumer.group.name", options.GroupId);
        return span;
    }
}
