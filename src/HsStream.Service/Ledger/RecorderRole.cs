using HsStream.Domain.Messages;
using HsStream.Service.Configuration;
using HsStream.Service.Hosting;
using HsStream.Streaming;
using HsStream.Streaming.Feeding;

namespace HsStream.Service.Ledger;

/// <summary>Reads every topic into the ledger, from where the ledger stands.</summary>
internal sealed class RecorderRole(
    RecorderOptions options, KafkaSettings kafka, LedgerHandler handler, KafkaSetup setup, StreamingMetrics metrics, ILoggerFactory loggers, TimeProvider time)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await setup.TopicsReady.WaitAsync(cancellationToken);
        using var consumer = new ManualOffsetConsumer(
            kafka,
            new ManualOffsetOptions
            {
                Stage = "ledger", GroupId = options.GroupId, InputTopics = Topics.All, MaxBatchRecords = options.MaxBatchRecords, MaxBatchWait = options.MaxBatchWait,
            },
            handler, metrics, loggers, time);
        await consumer.RunAsync(cancellationToken);
    }
}
