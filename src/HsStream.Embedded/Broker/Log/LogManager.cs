using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Disk;
using HsStream.Embedded.Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Log;

/// <summary>All partition logs of a data directory: opening with recovery, group commit, checkpoints, retention, compaction.</summary>
/// <remarks>
/// Thread-safe; different partitions may be opened at once. Without <see cref="Start"/> nothing happens in the background, and a
/// simulation calls <see cref="FlushOnce"/> and <see cref="MaintainOnce"/> itself.
/// </remarks>
internal sealed class LogManager : IAsyncDisposable
{
    private const string CleanStopMarker = "clean-stop";

    private readonly LogContext _context;
    private readonly LogCleaner _cleaner;
    private readonly bool _cleanStop;
    private readonly ConcurrentDictionary<(Guid TopicId, int Partition), PartitionLog> _logs = [];
    private readonly List<Thread> _flushers = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<Exception> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentBag<Task> _removals = [];
    private Task _maintenance = Task.CompletedTask;
    private long _lastCheckpoint;
    private long _lastRetention;
    private int _disposed;

    /// <summary>Prepares the data directory; nobody else may use it (<see cref="DataDirectoryLock"/>).</summary>
    /// <param name="meter">"HsStream.Broker".</param>
    /// <exception cref="IOException">The directory cannot be used.</exception>
    public LogManager(IDisk disk, LogOptions options, TimeProvider time, ILogger<LogManager> logger, Meter meter)
    {
        _context = new LogContext(disk, options, time, logger, new StorageMetrics(meter), new FlushQueue()) { FlushFailed = OnFlushFailed };
        _cleaner = new LogCleaner(disk, options.MaxKeysPerCompaction);
        _lastCheckpoint = _lastRetention = time.GetTimestamp();
        CreateDurably(disk, Path.GetFullPath(options.DataDirectory));
        disk.CreateDirectory(LogPaths.Root(options.DataDirectory));
        var marker = Path.Combine(options.DataDirectory, CleanStopMarker);
        _cleanStop = disk.FileExists(marker);
        if (_cleanStop) { disk.DeleteFile(marker); }

        // Gone for certain before the first append, or a later crash would pass for a clean stop.
        disk.FlushDirectory(options.DataDirectory);
        foreach (var leftover in disk.ListDirectories(LogPaths.Root(options.DataDirectory)))
        {
            if (leftover.EndsWith(LogPaths.DeletedSuffix, StringComparison.Ordinal))
            {
                Remove(Path.Combine(LogPaths.Root(options.DataDirectory), leftover));
            }
        }

        _context.Metrics.Observe(_context.Queue, () => _logs.Values, () => disk.FreeBytes(options.DataDirectory));
    }

    /// <summary>Completes with the failure when a flush failed: the process should stop, and recover at the next start.</summary>
    public Task<Exception> Failure => _failure.Task;

    /// <summary>For health checks: time since the last group commit.</summary>
    public TimeSpan? LastFlushAge => _context.Metrics.LastFlushAge;

    public ICollection<PartitionLog> Partitions => _logs.Values;

    /// <summary>Topic ids that have files here; those the catalog does not know are left over from an interrupted creation or deletion.</summary>
    public IReadOnlyList<Guid> TopicsOnDisk =>
        [.. _context.Disk.ListDirectories(LogPaths.Root(_context.Options.DataDirectory))
            .Select(name => Guid.TryParseExact(name, "N", out var id) ? id : (Guid?)null).OfType<Guid>()];

    /// <summary>Creates the partition's folder, or recovers the log in it; a damaged partition comes back offline, not as an exception.</summary>
    /// <remarks>A new partition's folder is durable when this returns.</remarks>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    public PartitionLog Open(TopicPartition partition, Guid topicId, TopicConfig config)
    {
        var directory = LogPaths.Partition(_context.Options.DataDirectory, topicId, partition.Partition);
        var isNew = !_context.Disk.DirectoryExists(directory);
        if (isNew) { _context.Disk.CreateDirectory(LogPaths.Topic(_context.Options.DataDirectory, topicId)); }

        RecoveredLog recovered;
        try
        {
            recovered = LogRecovery.Open(_context, partition, directory, config.IndexIntervalBytes, _cleanStop);
        }
        catch (Exception failure) when (!isNew && failure is LogDamagedException or InvalidRecordException or IOException or UnauthorizedAccessException)
        {
            _context.Logger.PartitionOffline(partition, failure.Message);
            recovered = RecoveredLog.Offline(failure.Message);
        }

        if (recovered.EndOffset == 0 && recovered.OfflineReason is null)
        {
            // New, or its creation was interrupted before this point.
            _context.Disk.FlushDirectory(LogPaths.Topic(_context.Options.DataDirectory, topicId));
            _context.Disk.FlushDirectory(LogPaths.Root(_context.Options.DataDirectory));
        }

        var log = new PartitionLog(_context, partition, topicId, config, directory, recovered);
        _logs[(topicId, partition.Partition)] = log;
        if (_failure.Task.IsCompleted) { log.TakeOffline("a flush failed"); }

        return log;
    }

    /// <summary>Closes the topic's partitions, wakes their waiters and observers, and removes their files in the background.</summary>
    /// <remarks>Also for a topic of which only files are left.</remarks>
    public void Delete(Guid topicId)
    {
        foreach (var key in _logs.Keys.Where(key => key.TopicId == topicId))
        {
            if (_logs.TryRemove(key, out var log)) { log.Close(ErrorCode.UnknownTopicOrPartition); }
        }

        var directory = LogPaths.Topic(_context.Options.DataDirectory, topicId);
        try
        {
            if (!_context.Disk.DirectoryExists(directory)) { return; }

            _context.Disk.Rename(directory, directory + LogPaths.DeletedSuffix);
            Remove(directory + LogPaths.DeletedSuffix);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _context.Logger.DeleteFailed(failure, directory);
        }
    }

    /// <summary>Starts the flusher threads and the background work (checkpoints, retention, compaction).</summary>
    public void Start()
    {
        for (var i = 0; i < _context.Options.Flushers; i++)
        {
            var thread = new Thread(_context.Queue.Run) { IsBackground = true, Name = $"log-flusher-{i}" };
            thread.Start();
            _flushers.Add(thread);
        }

        _maintenance = MaintainAsync(_stopping.Token);
    }

    /// <summary>One round of the flusher on the calling thread; what the threads do, for simulations.</summary>
    public void FlushOnce() => _context.Queue.RunOnce();

    /// <summary>One round of checkpoint, retention and compaction on the calling thread, for simulations and tests.</summary>
    public void MaintainOnce() => Maintain(checkpoint: true, retention: true);

    /// <summary>Flushes, writes checkpoints and the clean-stop marker.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) { return; }

        await _stopping.CancelAsync();
        await _maintenance;
        _context.Queue.Stop();
        foreach (var flusher in _flushers) { flusher.Join(); }

        await Task.WhenAll(_removals);
        var clean = true;
        foreach (var log in _logs.Values)
        {
            clean &= TrySave(log);
            log.Close(ErrorCode.NotLeaderOrFollower);
        }

        if (clean) { WriteCleanStopMarker(); }

        _stopping.Dispose();
    }

    /// <summary>A folder is as durable as its name in the one above.</summary>
    private static void CreateDurably(IDisk disk, string path)
    {
        if (disk.DirectoryExists(path) || Path.GetDirectoryName(path) is not { } parent) { return; }

        CreateDurably(disk, parent);
        disk.CreateDirectory(path);
        disk.FlushDirectory(parent);
    }

    private bool TrySave(PartitionLog log)
    {
        try
        {
            return log.SaveForStop();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _context.Logger.SideFilesNotWritten(failure, log.Partition);
            return false;
        }
    }

    private void WriteCleanStopMarker()
    {
        try
        {
            using var marker = _context.Disk.OpenOrCreate(Path.Combine(_context.Options.DataDirectory, CleanStopMarker));
            marker.Flush();
            _context.Disk.FlushDirectory(_context.Options.DataDirectory);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _context.Logger.StopNotMarked(failure);
        }
    }

    private async Task MaintainAsync(CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var timer = new PeriodicTimer(_context.Options.MaintenanceInterval, _context.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                Maintain(
                    checkpoint: _context.Time.GetElapsedTime(_lastCheckpoint) >= _context.Options.CheckpointInterval,
                    retention: _context.Time.GetElapsedTime(_lastRetention) >= _context.Options.RetentionInterval);
            }
        }
        catch (OperationCanceledException)
        {
            // The broker stops.
        }
    }

    private void Maintain(bool checkpoint, bool retention)
    {
        if (checkpoint) { _lastCheckpoint = _context.Time.GetTimestamp(); }

        if (retention) { _lastRetention = _context.Time.GetTimestamp(); }

        foreach (var log in _logs.Values)
        {
            try
            {
                log.Tidy(checkpoint);
                if (retention) { Retention.Apply(log, _context.NowMs); }

                _cleaner.CleanIfDue(log, _context.NowMs);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidRecordException or LogDamagedException)
            {
                _context.Logger.MaintenanceFailed(failure, log.Partition);
            }
        }
    }

    private void Remove(string directory) => _removals.Add(Task.Run(() =>
    {
        try
        {
            _context.Disk.DeleteDirectory(directory);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _context.Logger.DeleteFailed(failure, directory);
        }
    }));

    private void OnFlushFailed(Exception failure)
    {
        if (!_failure.TrySetResult(failure)) { return; }

        _context.Logger.FlushFailed(failure, _context.Options.DataDirectory);
        foreach (var log in _logs.Values) { log.TakeOffline($"a flush failed: {failure.Message}"); }
    }
}
