namespace HsStream.Service.Console;

/// <summary>What was answered to the newest idempotency keys, so that a repeated request is answered and not published again.</summary>
/// <remarks>
/// Of this process alone: after a restart, or at another process, a repeated request is published again, with the same ids, and is
/// recognised by whoever reads the predictions.
/// </remarks>
internal sealed class IdempotencyStore(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _oldestFirst = new();

    /// <param name="payload">Hash of what was asked.</param>
    /// <param name="answer">With <see cref="IdempotencyState.New"/>: what an earlier try came to, when it could not finish.</param>
    public IdempotencyState Begin(string key, string payload, out BulkAnswer? answer)
    {
        answer = null;
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var known))
            {
                if (known.Value.Payload != payload) { return IdempotencyState.OtherPayload; }
                answer = known.Value.Answer;
                if (answer is null) { return IdempotencyState.Running; }
                if (answer.IsComplete) { return IdempotencyState.Answered; }
                known.Value = known.Value with { Answer = null };
                return IdempotencyState.New;
            }

            if (capacity == 0) { return IdempotencyState.New; }
            if (_entries.Count >= capacity)
            {
                _entries.Remove(_oldestFirst.First!.Value.Key);
                _oldestFirst.RemoveFirst();
            }

            _entries.Add(key, _oldestFirst.AddLast(new Entry(key, payload, null)));
            return IdempotencyState.New;
        }
    }

    /// <param name="answer">Null when the request broke off, which lets it be made again from its beginning.</param>
    public void End(string key, BulkAnswer? answer)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var entry)) { return; }
            if (answer is not null)
            {
                entry.Value = entry.Value with { Answer = answer };
                return;
            }

            _entries.Remove(key);
            _oldestFirst.Remove(entry);
        }
    }

    private sealed record Entry(string Key, string Payload, BulkAnswer? Answer);
}

internal enum IdempotencyState
{
    New,
    Running,
    Answered,
    OtherPayload,
}

/// <summary>The answer to every line of a request, in order.</summary>
internal sealed record BulkAnswer(IReadOnlyList<LineAnswer> Lines)
{
    /// <summary>False when a line may be taken at another try.</summary>
    public bool IsComplete => Lines.All(line => line.Status != StatusCodes.Status503ServiceUnavailable);
}

/// <param name="Line">From 1.</param>
/// <param name="Status">As HTTP: 202, 4xx or 503.</param>
internal sealed record LineAnswer(int Line, int Status, string? DescriptionId, Refusal? Refusal, string? Detail);
