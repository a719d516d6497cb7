using System.Collections.Concurrent;
using System.Globalization;
using Confluent.Kafka;

namespace HsStream.Chaos.Load;

/// <summary>Writes sets of records over all partitions, one transaction each, commits most and aborts some.</summary>
internal sealed class TransactionLoad(string bootstrap, string topic, int partitions, string name, int seed)
{
    private enum Fate
    {
        Committed,
        Aborted,
        Unknown,
    }

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<int, (Fate Fate, int Size)> _sets = new();

    public int Committed => _sets.Values.Count(set => set.Fate == Fate.Committed);

    /// <summary>Runs until told to stop; a fatal error of one producer is answered by the next incarnation.</summary>
    public void Run(Verdict verdict, CancellationToken stop)
    {
        var random = new Random(seed);
        var set = 0;
        while (!stop.IsCancellationRequested)
        {
            using var producer = TransactionalClient.New(bootstrap, name);
            try
            {
                TransactionalClient.Initialise(producer, stop);
                while (!stop.IsCancellationRequested && random.Next(40) > 0) { Write(producer, set++, random); }
            }
            catch (KafkaException e) when (e.Error.IsFatal)
            {
                // Nobody else uses this id and kill -9 loses nothing written, so nothing may fence it.
                verdict.Violation("a producer alone on its id is never fenced", $"{name}: {e.Error}");
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public void Check(IReadOnlyList<StoredRecord> committed, Verdict verdict)
    {
        var found = committed.Where(record => record.Key.StartsWith(name + "/", StringComparison.Ordinal))
            .GroupBy(record => int.Parse(record.Key.AsSpan(name.Length + 1), CultureInfo.InvariantCulture)).ToDictionary(set => set.Key, set => set.ToList());
        foreach (var (set, (fate, size)) in _sets)
        {
            var records = found.GetValueOrDefault(set) ?? [];
            if (records.Select(record => record.Value).Distinct().Count() != records.Count) { verdict.Violation("no record of a transaction twice", $"{name}/{set}"); }
            if (records.Count != 0 && records.Count != size) { verdict.Violation("a transaction is whole or absent", $"{name}/{set}: {records.Count} of {size}"); }
            if (fate == Fate.Committed && records.Count == 0) { verdict.Violation("a committed transaction is there", $"{name}/{set}"); }
            if (fate == Fate.Aborted && records.Count > 0) { verdict.Violation("an aborted transaction is not there", $"{name}/{set}"); }
        }
    }

    private void Write(IProducer<string, string> producer, int set, Random random)
    {
        var size = random.Next(1, 30);
        var abort = random.Next(5) == 0;
        _sets[set] = (Fate.Unknown, size);
        try
        {
            producer.BeginTransaction();
            for (var n = 0; n < size; n++)
            {
                producer.Produce(new TopicPartition(topic, random.Next(partitions)), new Message<string, string> { Key = $"{name}/{set}", Value = $"{n}" });
            }

            if (abort || random.Next(3) == 0) { producer.Flush(Limit); }
            if (abort)
            {
                TransactionalClient.Abort(producer);
                _sets[set] = (Fate.Aborted, size);
            }
            else if (TransactionalClient.Commit(producer))
            {
                _sets[set] = (Fate.Committed, size);
            }
            else
            {
                _sets[set] = (Fate.Aborted, size);
            }
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            TransactionalClient.Abort(producer);
            _sets[set] = (Fate.Aborted, size);
        }
    }
}
