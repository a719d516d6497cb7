using HsStream.Domain.Messages;
using HsStream.Scoring.Onnx;
using HsStream.Service.Configuration;
using HsStream.Service.Hosting;
using HsStream.Service.Scoring.Models;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Processing;

namespace HsStream.Service.Scoring;

/// <summary>The workers of one scorer process. While no model serves they are not in the group, so nothing is consumed.</summary>
internal sealed class ScorerRole(
    ScorerOptions options, ScoringOptions scoring, KafkaSettings kafka, MessageCodecs codecs, ModelKeeper models, KafkaSetup setup,
    ScorerMetrics metrics, StreamingMetrics streaming, ILoggerFactory loggers, TimeProvider time)
{
    private readonly ILogger _logger = loggers.CreateLogger<ScorerRole>();

    /// <exception cref="ProcessorFatalException">A worker cannot go on in this process.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var workers = ScorerParts.WorkersOf(options);
        _logger.ScorerStarted(workers, scoring.Accelerator.ToString(), scoring.IntraOpThreads);
        using var slot = InstanceSlot.Take(options.InstanceId, $"{kafka.BootstrapServers}\n{options.GroupId}");
        await setup.TopicsReady.WaitAsync(cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = Enumerable.Range(0, workers).Select(worker => Task.Run(() => WorkAsync(worker, slot.Name, stop.Token), CancellationToken.None)).ToList();
        try
        {
            await await Task.WhenAny(running);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(running);
        }
    }

    private async Task WorkAsync(int worker, string instance, CancellationToken cancellationToken)
    {
        using var scorer = new DescriptionScorer(models, metrics, loggers.CreateLogger<DescriptionScorer>(), time);
        var handler = new DescriptionHandler(scorer, codecs);
        while (!cancellationToken.IsCancellationRequested)
        {
            if (await NextAsync(hasPlan: true, cancellationToken) is null) { return; }
            _logger.WorkerStarted(worker, Topics.Descriptions);
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var processing = ProcessAsync(handler, $"{options.GroupId}-{instance}-{worker}", pause.Token);
            var retired = NextAsync(hasPlan: false, pause.Token);
            await Task.WhenAny(processing, retired);
            await pause.CancelAsync();
            await processing;
            await retired;
            _logger.WorkerStopped(worker);
        }
    }

    /// <summary>Waits until a model serves, or none does.</summary>
    /// <returns>Null when cancelled, or when none serves.</returns>
    private async Task<ServingPlan?> NextAsync(bool hasPlan, CancellationToken cancellationToken)
    {
        try
        {
            var plan = models.Plan;
            while (plan is not null != hasPlan) { plan = await models.WaitForOtherAsync(plan, cancellationToken); }
            return plan;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task ProcessAsync(DescriptionHandler handler, string transactionalId, CancellationToken cancellationToken)
    {
        using var processor = TransactionalProcessor.For(
            kafka,
            new ProcessorOptions
            {
                Stage = "scorer",
                GroupId = options.GroupId,
                TransactionalId = transactionalId,
                InputTopics = [Topics.Descriptions],
                MaxBatchRecords = options.MaxBatchRecords,
                MaxBatchWait = options.MaxBatchWait,
                MaxTransactionTime = options.MaxTransactionTime,
            },
            codecs.Descriptions, handler, streaming, loggers, time);
        await processor.RunAsync(cancellationToken);
    }
}
