using Confluent.Kafka;
using HsStream.Chaos.Load;
using HsStream.Chaos.Pipeline.Checking;
using HsStream.Chaos.Pipeline.Rig;
using HsStream.Domain.Messages;
using Npgsql;

namespace HsStream.Chaos.Pipeline.Faults;

/// <param name="Scored">Sum of the next offsets of the scorers' group.</param>
/// <param name="Recorded">Sum of the next offsets of the ledger.</param>
/// <param name="Left">Offsets behind which a scorer or the ledger still is; markers of transactions may be among them.</param>
internal readonly record struct PipelineState(long Scored, long Recorded, long Left)
{
    public bool IsDone => Left == 0;

    public override string ToString() => $"scorers at {Scored}, ledger at {Recorded}, {Left} partitions not at their end";
}

/// <summary>Watches how far scorers and ledger have come. A broker or database that is away counts as no progress.</summary>
internal sealed class PipelineProgress : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);
    private readonly PipelineRig _rig;
    private readonly IConsumer<byte[], byte[]> _scorers;
    private readonly bool _hasLedger;
    private PipelineState _last = new(0, 0, long.MaxValue);

    /// <param name="hasLedger">Whether a ledger takes part that the rig does not know of.</param>
    public PipelineProgress(PipelineRig rig, bool hasLedger = false)
    {
        _rig = rig;
        _hasLedger = hasLedger || rig.Ledgers.Count > 0;
        _scorers = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = rig.Bootstrap,
            GroupId = "hs.scorer",
            EnableAutoCommit = false,
            IsolationLevel = IsolationLevel.ReadCommitted,
            MetadataRecoveryStrategy = ClientSettings.NoRebootstrap,
            ReconnectBackoffMaxMs = 200,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
    }

    public async Task<PipelineState> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var ends = Ends();
            var committed = _scorers.Committed(ends.Keys.Where(p => p.Topic == Topics.Descriptions), Step);
            long scored = 0, recorded = 0, left = 0;
            foreach (var one in committed)
            {
                var next = one.Offset == Offset.Unset ? 0 : one.Offset.Value;
                scored += next;
                if (next < ends[one.TopicPartition]) { left++; }
            }

            if (_hasLedger)
            {
                var offsets = await new LedgerReader(_rig.Postgres).OffsetsAsync(cancellationToken);
                foreach (var (partition, end) in ends)
                {
                    var next = offsets.GetValueOrDefault((partition.Topic, partition.Partition.Value));
                    recorded += next;
                    // Behind the last record of a transaction stands its marker.
                    if (next < end - (partition.Topic == Topics.Descriptions ? 0 : 1)) { left++; }
                }
            }

            _last = new PipelineState(scored, recorded, left);
        }
        catch (Exception e) when (e is KafkaException or NpgsqlException or InvalidDataException or TimeoutException)
        {
            // Away at this moment.
        }

        return _last;
    }

    public void Dispose() => _scorers.Dispose();

    private Dictionary<TopicPartition, long> Ends()
    {
        var ends = new Dictionary<TopicPartition, long>();
        foreach (var topic in (ReadOnlySpan<string>)[Topics.Descriptions, Topics.Predictions, Topics.DeadLetters])
        {
            for (var p = 0; p < _rig.Options.Partitions; p++)
            {
                var partition = new TopicPartition(topic, p);
                ends[partition] = _scorers.QueryWatermarkOffsets(partition, Step).High.Value;
            }
        }

        return ends;
    }
}
