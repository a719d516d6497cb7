using HsStream.Store.Events;
using HsStream.Store.Schema;
using Npgsql;
using NpgsqlTypes;

namespace HsStream.Store.Writing;

/// <summary>One transaction on the ledger, under the lock of the chain's head: loads states, decides, and keeps what is to be appended.</summary>
internal sealed class LedgerSession(NpgsqlConnection connection, LedgerTables tables, EventCodec codec, StreamStates cache, ChainHead head)
{
    private readonly Dictionary<string, StreamEntry> _states = new(StringComparer.Ordinal);
    private readonly HashSet<string> _existing = new(StringComparer.Ordinal);
    private readonly List<PendingEvent> _pending = [];
    private readonly List<(string StreamId, IReadOnlyList<long> Versions)> _erasures = [];

    public ChainHead Head => head;

    public NpgsqlConnection Connection => connection;

    public IReadOnlyList<PendingEvent> Pending => _pending;

    /// <summary>Events whose erasable part is to go.</summary>
    public IReadOnlyList<(string StreamId, IReadOnlyList<long> Versions)> Erasures => _erasures;

    /// <summary>States as they will be once this is committed.</summary>
    public IReadOnlyDictionary<string, StreamEntry> States => _states;

    public bool IsNew(string streamId) => !_existing.Contains(streamId);

    /// <summary>Makes the states of these streams known; the head is locked, so they stay true until the end.</summary>
    public async Task LoadAsync(IEnumerable<string> streamIds, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        foreach (var streamId in streamIds)
        {
            if (_states.ContainsKey(streamId)) { continue; }
            if (cache.Find(streamId) is { } cached)
            {
                _states[streamId] = cached;
                if (cached.Version > 0) { _existing.Add(streamId); }
                continue;
            }

            var kind = StreamKind.OfStream(streamId);
            _states[streamId] = new StreamEntry(kind, kind.Initial, 0);
            missing.Add(streamId);
        }

        if (missing.Count == 0) { return; }
        await using var command = new NpgsqlCommand(
            $"select stream_id, version, type, data::text from {tables.Events} where stream_id = any($1) order by stream_id, version", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = missing.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await ReadAsync(command, cancellationToken);
    }

    /// <summary>Makes every model's state known.</summary>
    public async Task<IReadOnlyDictionary<string, StreamEntry>> LoadModelsAsync(string prefix, CancellationToken cancellationToken)
    {
        await using var list = new NpgsqlCommand(
            $"select distinct stream_id from {tables.Events} where type = any($1) and stream_id like $2 || '%'", connection);
        list.Parameters.Add(new NpgsqlParameter { Value = EventTypes.OfModels.ToArray() });
        list.Parameters.Add(new NpgsqlParameter { Value = prefix });
        var streamIds = new List<string>();
        await using (var reader = await list.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken)) { streamIds.Add(reader.GetString(0)); }
        }

        await LoadAsync(streamIds, cancellationToken);
        return _states.Where(s => s.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(s => s.Key[prefix.Length..], s => s.Value);
    }

    /// <summary>The stream of the champion that was retired last, in favour of <paramref name="successor"/> when one is given.</summary>
    public async Task<string?> LastRetiredChampionAsync(string? successor, CancellationToken cancellationToken) => (await FindAsync(
        $"""
        select r.stream_id from {tables.Events} r
        where r.type = '{EventTypes.ModelRetired}' and ($1 = '' or r.data ->> 'supersededBy' = $1) and exists (
            select from {tables.Events} p where p.stream_id = r.stream_id and p.type in ('{EventTypes.ModelPromoted}', '{EventTypes.ModelReinstated}'))
        order by r.seq_id desc limit 1
        """, successor ?? "", cancellationToken)).FirstOrDefault();

    /// <summary>Streams of dead letters whose record had this key.</summary>
    public Task<List<string>> DeadLettersOfKeyAsync(string key, CancellationToken cancellationToken) => FindAsync(
        $"select distinct stream_id from {tables.Events} where type = '{EventTypes.RecordDeadLettered}' and data ->> 'key' = $1",
        SafeText.Encode(key), cancellationToken);

    /// <summary>Decides on a loaded stream and keeps the events.</summary>
    /// <returns>Sequence of the first event and all events; none for a repetition. A rejection keeps nothing.</returns>
    public (long FirstSequence, IReadOnlyList<object> Events, string? Rejection) Decide(string streamId, object command)
    {
        var entry = _states[streamId];
        var (events, rejection) = entry.Kind.Decide(entry.State, command);
        return (Record(streamId, events), events, rejection);
    }

    /// <summary>Keeps events that were decided elsewhere, on a loaded stream.</summary>
    /// <returns>The sequence that the first of them gets.</returns>
    public long Record(string streamId, IReadOnlyList<object> events)
    {
        var first = head.Sequence + _pending.Count + 1;
        foreach (var fact in events)
        {
            var entry = _states[streamId];
            entry = entry with { State = entry.Kind.Evolve(entry.State, fact), Version = entry.Version + 1 };
            _states[streamId] = entry;
            _pending.Add(new PendingEvent(streamId, entry.Version, fact));
        }

        return first;
    }

    public void Erase(string streamId, IReadOnlyList<long> versions) => _erasures.Add((streamId, versions));

    private async Task<List<string>> FindAsync(string sql, string parameter, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = parameter, NpgsqlDbType = NpgsqlDbType.Text });
        var found = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) { found.Add(reader.GetString(0)); }
        return found;
    }

    private async Task ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var streamId = reader.GetString(0);
            var entry = _states[streamId];
            var version = reader.GetInt64(1);
            if (version != entry.Version + 1)
            {
                throw new LedgerTamperedException($"Stream '{streamId}' has event {version} after {entry.Version}; run verify.");
            }

            var fact = codec.Decode(reader.GetString(2), reader.GetFieldValue<byte[]>(3));
            _states[streamId] = entry with { State = entry.Kind.Evolve(entry.State, fact), Version = version };
            _existing.Add(streamId);
        }
    }
}

internal readonly record struct PendingEvent(string StreamId, long Version, object Fact);

/// <param name="Number">Of the last seal; 0 before the first.</param>
/// <param name="Sequence">Of the last event; 0 before the first.</param>
internal readonly record struct ChainHead(long Number, long Sequence, byte[] Hash);
