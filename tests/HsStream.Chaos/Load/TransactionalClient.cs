using Confluent.Kafka;

namespace HsStream.Chaos.Load;

/// <summary>The retry loops that the transactional API asks of its callers.</summary>
internal static class TransactionalClient
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static IProducer<string, string> New(string bootstrap, string transactionalId) =>
        new ProducerBuilder<string, string>(
                new ProducerConfig
                {
                    BootstrapServers = bootstrap,
                    TransactionalId = transactionalId,
                    TransactionTimeoutMs = 120_000,
                    MessageTimeoutMs = 120_000,
                    LingerMs = 1,
                    ReconnectBackoffMs = 20,
                    ReconnectBackoffMaxMs = 100,
                    RetryBackoffMs = 20,
                    MetadataRecoveryStrategy = ClientSettings.NoRebootstrap,
                })
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    public static void Initialise(IProducer<string, string> producer, CancellationToken stop) =>
        Retry(() => producer.InitTransactions(Step), stop);

    /// <returns>False when the client said that it can only be aborted, and it was.</returns>
    public static bool Commit(IProducer<string, string> producer)
    {
        try
        {
            Retry(() => producer.CommitTransaction(Step), CancellationToken.None);
            return true;
        }
        catch (KafkaTxnRequiresAbortException)
        {
            Abort(producer);
            return false;
        }
    }

    public static void Abort(IProducer<string, string> producer) => Retry(() => producer.AbortTransaction(Step), CancellationToken.None);

    public static void Retry(Action step, CancellationToken stop)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            try
            {
                step();
                return;
            }
            catch (KafkaRetriableException) when (watch.Elapsed < Limit)
            {
                stop.ThrowIfCancellationRequested();
            }
        }
    }
}
