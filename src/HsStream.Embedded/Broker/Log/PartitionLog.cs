using System.Buffers.Binary;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Log;

/// <summary>The log of one partition: appends in order, durable by group commit, read in whole batches.</summary>
/// <remarks>
/// Thread-safe. High watermark = durable end: flushed to the disk, or the end of the log when durability is left to the page cache.
/// Last stable offset = the lower of the high watermark and the first offset of any transaction that is open, or whose marker is not
/// yet below the high watermark.
/// Locks, in the order in which they nest: flush, maintenance, checkpoint, append. Readers take none: they see an immutable list of
/// segments, each with its visible end, and offsets that only grow.
/// </remarks>
internal sealed partial class PartitionLog
{
    /// <summary>Older clients know no TRANSACTION_ABORTABLE (KIP-890).</summary>
    private const short FirstProduceVersionWithAbortable = 11;

    private readonly LogContext _context;
    private readonly string _directory;

    private readonly Lock _lock = new();
    private readonly ProducerStateTable _producers;
    private readonly DurabilityWaiters _waiters = new();
    private readonly LogObservers _observers = new();
    private readonly Func<long, ErrorCode?> _reached;

    // Replaced as a whole, under the append lock; the last one is appended to. Empty when the partition is offline from the start.
    private Segment[] _segments;
    private long _logStartOffset;
    private long _highWatermark;
    private long _lastStableOffset;
    private TopicConfig _config;
    private string? _offlineReason;

    // What to answer once the partition is closed; 0 while it is open.
    private short _closedAs;

    /// <summary>Takes over what recovery found; everything in it is durable.</summary>
    public PartitionLog(LogContext context, TopicPartition partition, Guid topicId, TopicConfig config, string directory, RecoveredLog recovered)
    {
        (_context, Partition, TopicId, _config, _directory) = (context, partition, topicId, config, directory);
        _segments = recovered.Segments;
        _producers = recovered.Producers;
        _logStartOffset = recovered.LogStartOffset;
        _checkpointed = new LogPosition(recovered.LogStartOffset, recovered.RecoveryPoint);
        _checkpointSequence = recovered.CheckpointSequence;
        _offlineReason = recovered.OfflineReason;
        _flushedEnd = recovered.EndOffset;
        foreach (var segment in _segments) { segment.Publish(segment.Written); }

        AdvanceHighWatermark(recovered.EndOffset);
        _reached = Reached;
    }

    public TopicPartition Partition { get; }

    public Guid TopicId { get; }

    /// <summary>The folder of the partition's files.</summary>
    public string Directory => _directory;

    /// <summary>The topic's settings; replaced as a whole when an administrator changes them.</summary>
    public TopicConfig Config
    {
        get => Volatile.Read(ref _config);
        set => Volatile.Write(ref _config, value);
    }

    public long LogStartOffset => Volatile.Read(ref _logStartOffset);

    /// <summary>One past the last appended offset, durable or not.</summary>
    public long LogEndOffset => Volatile.Read(ref _segments) is [.., var active] ? active.NextOffset : 0;

    public long HighWatermark => Volatile.Read(ref _highWatermark);

    public long LastStableOffset => Volatile.Read(ref _lastStableOffset);

    /// <summary>Bytes of all segments.</summary>
    public long SizeInBytes => Volatile.Read(ref _segments).Sum(segment => (long)segment.SizeInBytes);

    /// <summary>Why the partition cannot be used (damage below the recovery point, a failed flush), or null.</summary>
    public string? OfflineReason => Volatile.Read(ref _offlineReason);

    /// <summary>Validates a client's single batch as Apache Kafka does, gives it offsets, writes it.</summary>
    /// <param name="batch">The bytes as received; base offset and leader epoch are patched in place.</param>
    /// <param name="produceVersion">zstd is refused below 7.</param>
    /// <param name="gate">Asked for transactional batches, under the append lock; null skips the check.</param>
    public AppendResult Append(Memory<byte> batch, short produceVersion, ITransactionGate? gate)
    {
        var config = Config;
        if (BatchValidator.Check(batch, produceVersion, config, _context.NowMs, Partition, out var header) is { } invalid)
        {
            // A producer that may not write here hears of that first. Kafka names the log's start when the log refuses, but not when
            // the request is refused before, or for its size or CRC.
            return header.Size == 0 ? invalid
                : Ask(gate, header, produceVersion) is { } closed ? closed
                : invalid.Error is ErrorCode.MessageTooLarge or ErrorCode.CorruptMessage ? invalid
                : invalid with { LogStartOffset = LogStartOffset };
        }

        return Store(batch.Span[..header.Size], header, config, gate, fromClient: true, produceVersion: produceVersion);
    }

    /// <summary>Appends a batch made by the broker itself (offset commits, group metadata, transaction state); no client checks.</summary>
    /// <remarks>A producer's epoch is checked all the same, so that a fenced producer commits no offsets.</remarks>
    public AppendResult AppendInternal(Memory<byte> batch) =>
        Store(batch.Span, BatchHeader.Read(batch.Span), Config, null, fromClient: false);

    /// <summary>Ends a producer's transaction in this partition; raises the producer's epoch and so fences older ones.</summary>
    public AppendResult AppendMarker(long producerId, short producerEpoch, bool commit, int coordinatorEpoch)
    {
        var batch = RecordBatchBuilder.BuildMarker(producerId, producerEpoch, commit, coordinatorEpoch, _context.NowMs);
        return Store(batch, BatchHeader.Read(batch), Config, null, fromClient: false, commit);
    }

    /// <summary>Completes once everything below <paramref name="endOffset"/> is durable.</summary>
    /// <returns>
    /// <see cref="ErrorCode.None"/>, or <see cref="ErrorCode.KafkaStorageError"/> when a flush failed,
    /// or <see cref="ErrorCode.UnknownTopicOrPartition"/> when the partition was deleted meanwhile.
    /// </returns>
    public ValueTask<ErrorCode> WaitDurableAsync(long endOffset) =>
        HighWatermark >= endOffset ? new ValueTask<ErrorCode>(ErrorCode.None) : _waiters.WaitAsync(endOffset, _reached);

    /// <summary>Producers with an open transaction in this partition.</summary>
    public IReadOnlyList<(long ProducerId, short ProducerEpoch, long FirstOffset)> OpenTransactions()
    {
        lock (_lock)
        {
            return [.. _producers.Transactions.Open.Select(open => (open.ProducerId, _producers.Find(open.ProducerId)!.Epoch, open.FirstOffset))];
        }
    }

    public int OpenTransactionCount
    {
        get
        {
            lock (_lock) { return _producers.Transactions.OpenCount; }
        }
    }

    public void AddObserver(ILogObserver observer) => _observers.Add(observer);

    public void RemoveObserver(ILogObserver observer) => _observers.Remove(observer);

    private AppendResult Store(
        Span<byte> batch, BatchHeader header, TopicConfig config, ITransactionGate? gate, bool fromClient, bool commit = false, short produceVersion = 0)
    {
        AppendResult result;
        bool rolled;
        lock (_lock)
        {
            if (Refusal() is { } unavailable) { return unavailable; }

            if (header.HasProducer && CheckProducer(header, gate, fromClient, produceVersion) is { } answered) { return answered; }

            if (batch.Length > config.SegmentBytes && fromClient)
            {
                return AppendResult.Refused(
                    ErrorCode.RecordListTooLarge, $"The batch has {batch.Length} bytes, a segment of {Partition} at most {config.SegmentBytes}.");
            }

            var nowMs = _context.NowMs;
            try
            {
                rolled = RollIfDue(header, batch.Length, config, nowMs);
                result = Write(batch, header, config, nowMs, fromClient, commit);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                _context.Logger.AppendFailed(failure, Partition);
                return AppendResult.Refused(ErrorCode.KafkaStorageError, $"Writing to {Partition} failed: {failure.Message}");
            }
        }

        if (_context.Options.Durability == Durability.Fsync || rolled) { _context.Queue.Add(this); }

        if (_context.Options.Durability == Durability.PageCache) { Wake(); }

        return result;
    }

    private AppendResult? CheckProducer(in BatchHeader header, ITransactionGate? gate, bool fromClient, short produceVersion)
    {
        if (fromClient && _producers.Find(header.ProducerId)?.FindDuplicate(header) is { } known)
        {
            return new AppendResult(ErrorCode.None, known.BaseOffset, known.LastOffset + 1, known.TimestampMs, _logStartOffset);
        }

        if (Ask(gate, header, produceVersion) is { } closed) { return closed; }

        var (error, message) = _producers.Check(header, fromClient);
        return error == ErrorCode.None ? null : AppendResult.Refused(error, message!) with { LogStartOffset = _logStartOffset };
    }

    /// <summary>What the gate says against a transactional batch; null when it lets the batch in or there is nothing to ask.</summary>
    private AppendResult? Ask(ITransactionGate? gate, in BatchHeader header, short produceVersion)
    {
        if (gate is null || !header.HasProducer || !header.IsTransactional) { return null; }

        var verdict = gate.Check(header.ProducerId, header.ProducerEpoch, Partition);
        if (verdict == ErrorCode.TransactionAbortable && produceVersion < FirstProduceVersionWithAbortable) { verdict = ErrorCode.InvalidTxnState; }
        return verdict == ErrorCode.None ? null : AppendResult.Refused(verdict, "Record was not part of an ongoing transaction");
    }

    private AppendResult Write(Span<byte> batch, BatchHeader header, TopicConfig config, long nowMs, bool fromClient, bool commit)
    {
        var active = _segments[^1];
        var offset = active.NextOffset;
        BinaryPrimitives.WriteInt64BigEndian(batch, offset);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.LeaderEpoch..], 0);
        header = header with { BaseOffset = offset };
        var stamps = fromClient && config.IsLogAppendTime;
        if (stamps)
        {
            header = header with { Attributes = (short)(header.Attributes | BatchLayout.LogAppendTimeBit) };
            BatchValidator.Restamp(batch, ref header, nowMs);
        }

        active.Append(batch, header, config.IndexIntervalBytes);
        if (header.IsControl)
        {
            if (_producers.AppendMarker(header.ProducerId, header.ProducerEpoch, offset, commit, nowMs) is { } aborted) { active.Aborted.Add(aborted); }
        }
        else if (header.HasProducer)
        {
            _producers.Append(header, nowMs);
        }

        if (_context.Options.Durability == Durability.PageCache)
        {
            active.Publish(active.Written);
            AdvanceHighWatermark(active.NextOffset);
        }

        return new AppendResult(ErrorCode.None, offset, header.NextOffset, stamps ? nowMs : -1, _logStartOffset);
    }

    /// <summary>Under the append lock, or before anyone else knows the partition.</summary>
    private void AdvanceHighWatermark(long offset)
    {
        _producers.Transactions.HighWatermarkMoved(offset);
        Volatile.Write(ref _highWatermark, offset);
        AdvanceLastStableOffset();
    }

    private void AdvanceLastStableOffset()
    {
        var stable = _producers.Transactions.FirstUnstableOffset is { } first
            ? Math.Min(_highWatermark, Math.Max(first, _logStartOffset))
            : _highWatermark;
        Volatile.Write(ref _lastStableOffset, stable);
    }

    private bool IsClosed => Volatile.Read(ref _closedAs) != 0;

    private AppendResult? Refusal() =>
        IsClosed ? AppendResult.Refused((ErrorCode)_closedAs, $"{Partition} is closed.")
        : _offlineReason is { } reason ? AppendResult.Refused(ErrorCode.KafkaStorageError, $"{Partition} is offline: {reason}")
        : null;

    private ErrorCode? Reached(long endOffset) =>
        HighWatermark >= endOffset ? ErrorCode.None
        : IsClosed ? (ErrorCode)_closedAs
        : OfflineReason is not null ? ErrorCode.KafkaStorageError
        : null;

    private void Wake()
    {
        _waiters.Wake(HighWatermark, ErrorCode.None);
        _observers.Notify();
    }
}
