using Confluent.Kafka;
using HsStream.Chaos;
using HsStream.Chaos.Load;
using HsStream.Domain.Messages;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;
using HsStream.Service.Configuration;
using HsStream.Service.Scoring;
using HsStream.Service.Scoring.Models;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Processing;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;

namespace HsStream.Benchmarks.Pipeline;

/// <summary>The scorer role's own handler between a plain consumer and an idempotent producer: what the pipeline would be without transactions.</summary>
internal static class AtLeastOnceWorker
{
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var options = new Options(args, "--bootstrap-servers", "--registry", "--bundle");
        var settings = new KafkaSettings { BootstrapServers = options.Text("--bootstrap-servers")!, SchemaRegistryUrl = options.Text("--registry")! };
        var workers = ScorerParts.WorkersOf(new ScorerOptions());
        var metrics = Metrics.WithCustomRegistry(Metrics.NewCustomRegistry());
        using var codecs = new MessageCodecs(settings, new MessageLimits(), NullLoggerFactory.Instance, TimeProvider.System);
        var store = new BundleStore(Path.GetDirectoryName(Path.GetFullPath(options.Text("--bundle")!))!);
        var keeper = new ModelKeeper(
            new BundleSource(store, null), new ScoringOptions(), new ModelsOptions(), 0, workers, new ModelMetrics(metrics), NullLogger<ModelKeeper>.Instance, TimeProvider.System);
        var version = "sha256:" + Path.GetFileName(Path.GetFullPath(options.Text("--bundle")!));
        var manifest = store.Open(version).Manifest;
        keeper.Announce(version, new ModelVersion
        {
            Version = version, Stage = ModelStage.Champion, Revision = 1, Architecture = manifest.Architecture, EncoderHash = manifest.EncoderHash,
            Edition = Domain.Nomenclature.NomenclatureEdition.Parse(manifest.NomenclatureEdition), ChangedAt = manifest.CreatedAt, ChangedBy = "bench", Reason = "bench",
        }, 0);
        keeper.CaughtUp();
        var keeping = keeper.RunAsync(CancellationToken.None);
        await keeper.WaitForOtherAsync(null, CancellationToken.None);
        var streaming = new StreamingMetrics(metrics);
        var scorerMetrics = new ScorerMetrics(metrics);
        await await Task.WhenAny([keeping, .. Enumerable.Range(0, workers).Select(_ => Task.Run(() => WorkAsync(settings, codecs, keeper, scorerMetrics, streaming)))]);
        return 1;
    }

    private static async Task WorkAsync(KafkaSettings settings, MessageCodecs codecs, ModelKeeper keeper, ScorerMetrics metrics, StreamingMetrics streaming)
    {
        using var scorer = new DescriptionScorer(keeper, metrics, NullLogger.Instance, TimeProvider.System);
        var options = new ProcessorOptions { Stage = "scorer", GroupId = "bench-at-least-once", TransactionalId = "none", InputTopics = [Topics.Descriptions] };
        var runner = new BatchRunner(
            options, new DecodingHandler<ProductDescription>(codecs.Descriptions, new DescriptionHandler(scorer, codecs)), streaming, NullLogger.Instance, TimeProvider.System);
        var consumerConfig = new ConsumerConfig
        {
            BootstrapServers = settings.BootstrapServers, GroupId = options.GroupId, AutoOffsetReset = AutoOffsetReset.Earliest, EnableAutoCommit = false,
            FetchWaitMaxMs = 100, FetchQueueBackoffMs = 10, PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky, MetadataRecoveryStrategy = ClientSettings.NoRebootstrap,
        };
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(consumerConfig).SetLogHandler((_, _) => { }).Build();
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig
        {
            BootstrapServers = settings.BootstrapServers, EnableIdempotence = true, LingerMs = 2, Partitioner = Partitioner.Murmur2Random, MetadataRecoveryStrategy = ClientSettings.NoRebootstrap,
        }).SetLogHandler((_, _) => { }).Build();
        consumer.Subscribe(Topics.Descriptions);
        var batch = new List<InputRecord>();
        var (unsettled, since) = (0, TimeProvider.System.GetTimestamp());
        while (true)
        {
            batch.Clear();
            while (batch.Count < options.MaxBatchRecords && consumer.Consume(batch.Count == 0 ? 100 : 1) is { } result)
            {
                batch.Add(new InputRecord(
                    new RecordPosition(result.Topic, result.Partition, result.Offset), result.Message.Key, result.Message.Value, result.Message.Headers,
                    DateTimeOffset.FromUnixTimeMilliseconds(result.Message.Timestamp.UnixTimestampMs), TimeProvider.System.GetTimestamp()));
            }

            if (batch.Count > 0)
            {
                foreach (var output in (await runner.RunAsync(batch, CancellationToken.None)).Records)
                {
                    while (true)
                    {
                        try
                        {
                            producer.Produce(output.Topic, new Message<byte[]?, byte[]?> { Key = output.Key, Value = output.Value, Headers = output.Headers });
                            break;
                        }
                        catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                        {
                            await Task.Delay(5);
                        }
                    }
                }

                unsettled += batch.Count;
            }

            // Offsets follow what was acknowledged, as often as the role ends its transactions in a backlog.
            if (unsettled > 0 && (batch.Count == 0 || TimeProvider.System.GetElapsedTime(since) > options.MaxTransactionTime))
            {
                while (producer.Flush(TimeSpan.FromSeconds(10)) > 0)
                {
                    // Waits for the broker.
                }

                consumer.Commit();
                (unsettled, since) = (0, TimeProvider.System.GetTimestamp());
            }
        }
    }
}
