using Confluent.Kafka;
using HsStream.Chaos.Load;
using HsStream.Chaos.Pipeline.Checking;
using HsStream.Chaos.Pipeline.Rig;
using HsStream.Domain.Messages;
using Npgsql;

namespace HsStream.Chaos.Pipeline.Faults;

/// <param name="Scored">Sum of the next offsets of the scorers' group.</param>
/// <param name="Recorded">Sum of the next offsets of the ledger.</param>
/// <param name="Left">Partitions that scorers or the ledger have not read to their last record.</param>
internal readonly record struct PipelineState(long Scored, long Recorded, long Left)
{
    public bool IsDone => Left == 0;

    public override string ToString() => $"scorers at {Scored}, ledger at {Recorded}, {Left} partitions not read to their last record";
}

/// <summary>Watches how far scorers and ledger have come. A broker or database that is away counts as no progress.</summary>
internal sealed class PipelineProgress : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);
    private readonly PipelineRig _rig;
    private readonly IConsumer<byte[], byte[]> _scorers;
    private readonly LedgerReader? _ledger;
    private PipelineState _last = new(0, 0, long.MaxValue);

    /// <param name="hasLedger">Whether a ledger takes part that the rig does not know of.</param>
    public PipelineProgress(PipelineRig rig, bool hasLedger = false)
    {
        _rig = rig;
        _ledger = hasLedger || rig.Ledgers.Count > 0 ? new LedgerReader(rig.Postgres) : null;
        _scorers = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = rig.Bootstrap,
            GroupId = "hs.scorer",
            EnableAutoCommit = false,
            EnablePartitionEof = true,
            AutoOffsetReset = AutoOffsetReset.Error,
            IsolationLevel = IsolationLevel.ReadCommitted,
            MetadataRecoveryStrategy = ClientSettings.NoRebootstrap,
            ReconnectBackoffMaxMs = 200,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
    }

    /// <summary>Between two looks; each is a dozen and a half requests.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromMilliseconds(200);

    public async Task<PipelineState> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Positions before ends: a transaction that commits in between then shows as work that is left, never as work that is done.
            var committed = _scorers.Committed(Enumerable.Range(0, _rig.Options.Partitions).Select(p => new TopicPartition(Topics.Descriptions, p)), Step);
            var offsets = _ledger is null ? null : await _ledger.OffsetsAsync(cancellationToken);
            var ends = Ends();
            long scored = 0, recorded = 0, left = 0;
            var behind = new List<TopicPartitionOffset>();
            foreach (var one in committed)
            {
                var next = one.Offset == Offset.Unset ? 0 : one.Offset.Value;
                scored += next;
                if (next < ends[one.TopicPartition]) { left++; }
            }

            if (offsets is not null)
            {
                foreach (var (partition, end) in ends)
                {
                    var next = offsets.GetValueOrDefault((partition.Topic, partition.Partition.Value));
                    recorded += next;
                    // Behind the last record of a transaction stands its marker.
                    if (next < end - (partition.Topic == Topics.Descriptions ? 0 : 1)) { behind.Add(new TopicPartitionOffset(partition, next)); }
                }

                // What an aborted transaction left at the end is no record either; that is looked up once nothing else moves.
                left += (scored, recorded) == (_last.Scored, _last.Recorded) && left == 0 ? behind.Count(HasRecord) : behind.Count;
            }

            _last = new PipelineState(scored, recorded, left);
        }
        catch (Exception e) when (e is KafkaException or NpgsqlException or InvalidDataException or TimeoutException)
        {
            // Away at this moment.
        }

        return _last;
    }

    public async ValueTask DisposeAsync()
    {
        _scorers.Dispose();
        if (_ledger is not null) { await _ledger.DisposeAsync(); }
    }

    /// <summary>Whether a committed record stands at an offset or behind it.</summary>
    private bool HasRecord(TopicPartitionOffset from)
    {
        _scorers.Assign(from);
        try
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            while (watch.Elapsed < Step)
            {
                if (_scorers.Consume(100) is { } result && result.TopicPartition == from.TopicPartition) { return !result.IsPartitionEOF; }
            }

            return true;
        }
        finally
        {
            _scorers.Unassign();
        }
    }

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
