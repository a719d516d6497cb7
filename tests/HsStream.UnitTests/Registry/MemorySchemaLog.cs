using HsStream.Embedded.Registry;

namespace HsStream.UnitTests.Registry;

/// <summary>A schemas topic in memory, with one marker after each append as a transaction leaves one.</summary>
internal sealed class MemoryTopic
{
    private readonly Lock _lock = new();
    private readonly List<(long Offset, byte[] Key, byte[]? Value)> _entries = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _end;
    private int _epoch;

    /// <summary>Called with "acquire", "append" and "appended"; what it throws is what the caller meets there.</summary>
    public Action<string> Fault { get; set; } = _ => { };

    /// <summary>Awaited before each delivery to a reader.</summary>
    public Task Delivery { get; set; } = Task.CompletedTask;

    public IReadOnlyList<(long Offset, byte[] Key, byte[]? Value)> Entries { get { lock (_lock) { return [.. _entries]; } } }

    public long End { get { lock (_lock) { return _end; } } }

    public int NextEpoch() => Interlocked.Increment(ref _epoch);

    public bool IsCurrent(int epoch) => epoch == Volatile.Read(ref _epoch);

    public bool TryAppend(int? epoch, long? expectedEnd, IReadOnlyList<SchemaLogRecord> records)
    {
        lock (_lock)
        {
            if ((epoch is { } mine && !IsCurrent(mine)) || (expectedEnd is { } expected && expected != _end)) { return false; }
            foreach (var record in records) { _entries.Add((_end++, record.Key(), record.Value())); }
            _end++;
            Changed();
            return true;
        }
    }

    /// <summary>Keeps the last record of each key, as compaction does in the end.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            var last = _entries.GroupBy(entry => Convert.ToHexString(entry.Key)).Select(key => key.Last()).Where(entry => entry.Value is not null)
                .OrderBy(entry => entry.Offset).ToList();
            _entries.Clear();
            _entries.AddRange(last);
        }
    }

    /// <summary>As if the topic had been deleted and created again.</summary>
    public void Recreate()
    {
        lock (_lock)
        {
            _entries.Clear();
            _end = 0;
            Changed();
        }
    }

    public (IReadOnlyList<(long Offset, byte[] Key, byte[]? Value)> Entries, long End, Task Changed) Read(long from)
    {
        lock (_lock) { return ([.. _entries.Where(entry => entry.Offset >= (from > _end ? 0 : from))], _end, _changed.Task); }
    }

    private void Changed()
    {
        _changed.SetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

internal sealed class MemorySchemaLog(MemoryTopic topic) : ISchemaLog
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _reading = Task.CompletedTask;
    private int _epoch;

    public void Start(ISchemaLogReader reader) => _reading = Task.Run(async () =>
    {
        var position = 0L;
        while (!_stopping.IsCancellationRequested)
        {
            await topic.Delivery;
            var (entries, end, changed) = topic.Read(position);
            foreach (var (offset, key, value) in entries) { reader.OnRecord(offset, key, value, 1_700_000_000_000 + offset); }
            if (end != position) { reader.OnPosition(end); }
            position = end;
            try
            {
                await changed.WaitAsync(_stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    });

    public Task<long> EndAsync(CancellationToken cancellationToken) => Task.FromResult(topic.End);

    public Task<long> AcquireAsync(CancellationToken cancellationToken)
    {
        topic.Fault("acquire");
        if (!topic.IsCurrent(_epoch)) { _epoch = topic.NextEpoch(); }
        return Task.FromResult(topic.End);
    }

    public Task<bool> TryAppendAsync(long expectedEnd, IReadOnlyList<SchemaLogRecord> records, CancellationToken cancellationToken)
    {
        topic.Fault("append");
        var appended = topic.TryAppend(_epoch, expectedEnd, records);
        topic.Fault("appended");
        return Task.FromResult(appended);
    }

    public Task<string> ClusterIdAsync(CancellationToken cancellationToken) => Task.FromResult("memory");

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading;
        _stopping.Dispose();
    }
}
