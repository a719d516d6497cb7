namespace HsStream.Embedded.Broker.Coordinator;

internal enum DeadlineKind
{
    /// <summary>A member's session, or a reserved member id nobody joined with.</summary>
    Session,

    /// <summary>The group waits for its members to join.</summary>
    Join,

    /// <summary>The group waits for its members to sync.</summary>
    Sync,
    Transaction,
    Markers,
    Housekeeping,
}

/// <param name="Owner">Group id, transactional id, or the name of a housekeeping task.</param>
internal readonly record struct DeadlineKey(DeadlineKind Kind, string Owner, string Member = "");

/// <summary>What is due when. Runs on the monotonic clock, so a step of the wall clock ends no session.</summary>
/// <remarks>Not thread-safe: the coordinator's actor owns it. Moving a deadline back, as each heartbeat does, allocates nothing.</remarks>
internal sealed class Deadlines(TimeProvider time)
{
    private readonly long _origin = time.GetTimestamp();
    private readonly Dictionary<DeadlineKey, Deadline> _byKey = [];
    private readonly PriorityQueue<Deadline, (TimeSpan Due, long Number)> _queue = new();
    private long _number;

    /// <summary>Wall clock, milliseconds since 1970: for what is stored or told to clients.</summary>
    public long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    public TimeSpan Elapsed => time.GetElapsedTime(_origin);

    /// <summary>How long until the next deadline; may be early, never late. Null when nothing is scheduled.</summary>
    public TimeSpan? UntilNext =>
        _queue.TryPeek(out _, out var next) ? TimeSpan.FromTicks(Math.Max(0, (next.Due - Elapsed).Ticks)) : null;

    /// <summary>Schedules an action, in place of any that the key already has.</summary>
    public void Schedule(DeadlineKey key, TimeSpan delay, Action action)
    {
        var due = Elapsed + delay;
        if (_byKey.TryGetValue(key, out var deadline) && deadline.Queued <= due)
        {
            // Its entry comes up early and then moves itself back.
            (deadline.Due, deadline.Action) = (due, action);
            return;
        }

        _byKey[key] = deadline = new Deadline(key) { Due = due, Action = action };
        Enqueue(deadline);
    }

    public void Cancel(DeadlineKey key) => _byKey.Remove(key);

    /// <summary>Runs what is due, in order, including what those actions schedule for now.</summary>
    public void RunDue()
    {
        while (_queue.TryPeek(out var deadline, out var queued) && queued.Due <= Elapsed)
        {
            _queue.Dequeue();
            if (!_byKey.TryGetValue(deadline.Key, out var current) || !ReferenceEquals(current, deadline)) { continue; }

            if (deadline.Due > Elapsed)
            {
                Enqueue(deadline);
                continue;
            }

            _byKey.Remove(deadline.Key);
            deadline.Action();
        }
    }

    private void Enqueue(Deadline deadline)
    {
        deadline.Queued = deadline.Due;
        _queue.Enqueue(deadline, (deadline.Due, _number++));
    }

    private sealed class Deadline(DeadlineKey key)
    {
        public DeadlineKey Key { get; } = key;

        public TimeSpan Due { get; set; }

        public TimeSpan Queued { get; set; }

        public required Action Action { get; set; }
    }
}
