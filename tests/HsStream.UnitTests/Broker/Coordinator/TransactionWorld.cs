using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

/// <summary>Transactional clients, a clock and a failing machine, driven by one random number; checks what must hold whatever happens.</summary>
internal sealed class TransactionWorld
{
    private const int Steps = 250;
    private const int PartitionCount = 3;
    private readonly Random _random;
    private readonly CoordinatorRig _rig = new();
    private readonly List<TransactionClient> _clients;
    private readonly List<string>[] _seen = [.. Enumerable.Range(0, PartitionCount).Select(_ => new List<string>())];
    private readonly long[] _stable = new long[PartitionCount];

    public TransactionWorld(int seed)
    {
        _random = new Random(seed);
        _rig.CreateTopic("t", PartitionCount);
        _clients = [.. Enumerable.Range(0, 3).Select(index => new TransactionClient(_rig, $"x{index}", PartitionCount))];
    }

    public void Run()
    {
        for (var step = 0; step < Steps; step++)
        {
            try
            {
                Step();
                CheckWhatReadersSee();
            }
            catch (SimulatedCrashException)
            {
                Crash();
            }
        }

        _rig.Disk.CrashAfter(long.MaxValue / 2);
        Rest();
        CheckWhatReadersSee();
        foreach (var client in _clients) { client.CheckOutcomes([.. Partitions().Select(log => log.CommittedValues().ToList())]); }
        foreach (var log in _rig.Catalog.Topics.SelectMany(topic => topic.Partitions)) { Assert.Equal(log.HighWatermark, log.LastStableOffset); }
        Assert.Equal(0, _rig.Coordinator.OpenTransactions);
    }

    private void Step()
    {
        switch (_random.Next(20))
        {
            case 0:
                _rig.Time.Advance(TimeSpan.FromSeconds(_random.Next(1, 4)));
                break;
            case 1 when _random.Next(4) == 0:
                _rig.Disk.CrashAfter(_random.Next(1, 30));
                break;
            case < 6:
                _rig.Drain();
                break;
            case < 10:
                _rig.Flush();
                break;
            default:
                _clients[_random.Next(_clients.Count)].Act(_random);
                break;
        }
    }

    private void Crash()
    {
        var machine = _random.Next(2) == 0;
        if (machine) { _rig.LosePower(_random.Next()); } else { _rig.Kill(); }

        // Clients live on the same machine; some outlive the broker's process.
        foreach (var client in _clients) { client.BrokerRestarted(dead: machine || _random.Next(2) == 0); }
    }

    private void Rest()
    {
        foreach (var client in _clients) { client.Replace(); }
        _rig.Settle();
    }

    private IEnumerable<PartitionLog> Partitions() => Enumerable.Range(0, PartitionCount).Select(index => _rig.Log("t", index));

    /// <summary>What was once shown stays, in its place; the last stable offset never goes back.</summary>
    private void CheckWhatReadersSee()
    {
        foreach (var (index, log) in Partitions().Index())
        {
            var values = log.CommittedValues().ToList();
            Assert.True(log.LastStableOffset >= _stable[index], $"The last stable offset went back from {_stable[index]} to {log.LastStableOffset}.");
            Assert.Equal(_seen[index], values.Take(_seen[index].Count));
            (_seen[index], _stable[index]) = (values, log.LastStableOffset);
        }
    }
}

/// <summary>One transactional id with its client, who remembers what it did and what it was told.</summary>
internal sealed class TransactionClient(CoordinatorRig rig, string id, int partitionCount)
{
    private readonly List<Attempt> _attempts = [];
    private readonly string _group = $"group of {id}";
    private Producer? _producer;
    private Attempt? _current;
    private Task? _pending;
    private Action? _answered;

    public void Act(Random random)
    {
        if (_pending is not null)
        {
            if (!_pending.IsCompleted) { return; }

            (_pending, var answered) = (null, _answered!);
            answered();
        }
        else if (_producer is null)
        {
            var producer = new Producer(rig, id) { TimeoutMs = 5_000 };
            Send(producer.RequestInit(), response =>
            {
                if (producer.Took(response)) { (_producer, _current) = (producer, null); }
            });
        }
        else if (_current?.Asked is { } commit)
        {
            End(commit);
        }
        else
        {
            Work(random);
        }
    }

    public void BrokerRestarted(bool dead)
    {
        _pending = null;
        if (dead) { _producer = null; }
    }

    /// <summary>A last incarnation, which ends what is open.</summary>
    public void Replace() => new Producer(rig, id).Init();

    /// <param name="shown">What readers see of each partition.</param>
    public void CheckOutcomes(List<List<string>> shown)
    {
        var offset = -1L;
        foreach (var attempt in _attempts)
        {
            var visible = attempt.Written.FindAll(write => shown[write.Partition].Contains(write.Value));
            var committed = attempt.Told == true || visible.Count > 0;
            Assert.True(visible.Count == 0 || visible.Count == attempt.Written.Count, $"{attempt}: a part is shown: {string.Join(", ", visible)}");
            Assert.True(attempt.Told != true || visible.Count == attempt.Written.Count, $"{attempt}: told committed, not shown.");
            Assert.True(!committed || attempt is { Asked: true, Told: not false }, $"{attempt}: shown without a commit.");

            // Without a record to show for it, an unanswered commit may have happened or not.
            if (attempt is { SentOffset: not null, Written.Count: 0, Asked: true, Told: null })
            {
                committed = Fetched() == attempt.SentOffset;
            }

            // An offset whose answer a crash took away may be part of the transaction or not.
            var isPart = attempt.Offset is not null || (attempt.SentOffset is not null && Fetched() == attempt.SentOffset);
            if (committed && isPart) { offset = attempt.SentOffset!.Value; }
        }

        Assert.Equal(offset, Fetched());
        Assert.All(shown, values => Assert.Equal(values.Count, values.Distinct().Count()));
    }

    private long Fetched()
    {
        var fetched = new Consumer(rig, _group).Fetch(requireStable: true);
        Assert.Equal(ErrorCode.None, fetched.Error);
        return fetched.Offset;
    }

    private void Work(Random random)
    {
        var partition = random.Next(partitionCount);
        switch (random.Next(8))
        {
            case 0 when _current is { Registered.Count: > 0 } attempt && attempt.Written.TrueForAll(write => rig.Log("t", write.Partition).HighWatermark >= write.EndOffset):
                End(random.Next(4) > 0);
                break;
            case 1 when _current is { OffsetsRegistered: false }:
                Send(_producer!.RequestAddOffsets(_group), response => Accepted(response.Error, () => _current.OffsetsRegistered = true));
                break;
            case 2 when _current is { OffsetsRegistered: true, Offset: null }:
                var offset = (long)_attempts.Count;
                var committing = _current;
                committing.SentOffset = offset;
                Send(_producer!.RequestCommitOffset(offset, _group), response =>
                {
                    var error = response.Topics[0].Partitions[0].Error;
                    if (error != ErrorCode.None) { committing.SentOffset = null; }
                    Accepted(error, () => committing.Offset = offset);
                });
                break;
            case 3:
                // A new incarnation; the old one goes on as a zombie for one record.
                var zombie = _producer!;
                _producer = null;
                if (_current is { } old && old.Registered.Contains(partition)) { old.WriteAs(zombie, partition); }
                break;
            case < 6 when _current is null || !_current.Registered.Contains(partition):
                if (_current is null) { _attempts.Add(_current = new Attempt($"{id}#{_attempts.Count}")); }
                Send(_producer!.RequestAdd(3, ("t", partition)), response =>
                    Accepted(response.Topics[0].Partitions[0].Error, () => _current.Registered.Add(partition)));
                break;
            default:
                if (_current is { } current && current.Registered.Contains(partition) && !current.WriteAs(_producer!, partition)) { _producer = null; }
                break;
        }
    }

    private void End(bool commit)
    {
        var attempt = _current!;
        attempt.Asked = commit;
        Send(_producer!.RequestEnd(commit), response => Accepted(response.Error, () =>
        {
            attempt.Told = commit;
            _current = null;
        }));
    }

    private void Accepted(ErrorCode error, Action then)
    {
        switch (error)
        {
            case ErrorCode.None:
                then();
                break;
            case ErrorCode.ConcurrentTransactions:
                break;
            default:
                // Timed out and fenced, or the broker forgot in a crash what it had not promised to keep.
                Assert.True(
                    error is ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch or ErrorCode.InvalidTxnState or ErrorCode.InvalidProducerIdMapping,
                    $"{id} was answered {error}.");
                _producer = null;
                break;
        }
    }

    private void Send<TResponse>(Task<TResponse> request, Action<TResponse> answered) =>
        (_pending, _answered) = (request, () => answered(request.GetAwaiter().GetResult()));

    private sealed class Attempt(string name)
    {
        public HashSet<int> Registered { get; } = [];

        public List<(int Partition, string Value, long EndOffset)> Written { get; } = [];

        public bool OffsetsRegistered { get; set; }

        /// <summary>The group's offset that the client sent, unless it was refused.</summary>
        public long? SentOffset { get; set; }

        /// <summary>The same, once the client was told that it is part of the transaction.</summary>
        public long? Offset { get; set; }

        /// <summary>What the client asked for; null when it never did.</summary>
        public bool? Asked { get; set; }

        /// <summary>What it was told has happened; null when it was told nothing.</summary>
        public bool? Told { get; set; }

        public bool WriteAs(Producer producer, int partition)
        {
            var value = $"{name}/{Written.Count}";
            var result = producer.Produce(value, partition: partition);
            if (result.Error == ErrorCode.None) { Written.Add((partition, value, result.EndOffset)); }
            return result.Error == ErrorCode.None;
        }

        public override string ToString() => $"{name} (asked {Asked}, told {Told}, {Written.Count} records, offset {Offset})";
    }
}
