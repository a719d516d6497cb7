using System.Globalization;
using Confluent.Kafka;
using HsStream.Chaos.Processes;
using HsStream.Chaos.Wire;

namespace HsStream.Chaos.Load;

/// <summary>Kills a broker process again and again under load, then holds its log against what the clients were told.</summary>
internal sealed class KillRun(string dataDirectory, BrokerProcessOptions options, int rounds, int seed, TextWriter output)
{
    private const int Partitions = 4;

    /// <summary>The slowest is a transactional client that first waits out its own back-off.</summary>
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(45);

    public async Task<Verdict> RunAsync(CancellationToken cancellationToken)
    {
        var verdict = new Verdict();
        var random = new Random(seed);
        var broker = await BrokerProcess.StartAsync(dataDirectory, 0, options, cancellationToken);
        var (port, bootstrap) = (broker.Port, broker.Bootstrap);
        try
        {
            using (var cluster = new RawCluster(bootstrap))
            {
                // Small segments, so that rolls, snapshots and indexes are in the line of fire too.
                foreach (var topic in (string[])["numbers", "sets", "copies"])
                {
                    await cluster.CreateTopicAsync(topic, Partitions, [("segment.bytes", "1048576")], cancellationToken);
                }
            }

            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var stopCopying = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var stopReading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            IdempotentLoad[] numbers = [new(bootstrap, "numbers", Partitions, "one", 1_000), new(bootstrap, "numbers", Partitions, "other", 400)];
            TransactionLoad[] sets = [new(bootstrap, "sets", Partitions, "txn-a", seed), new(bootstrap, "sets", Partitions, "txn-b", seed + 1)];
            var copy = new CopyLoad(bootstrap, "numbers", "copies", Partitions, "copier", seed + 2);
            WitnessReader[] witnesses = [new(bootstrap, "numbers", Partitions), new(bootstrap, "sets", Partitions)];
            var writing = Task.WhenAll(
                [.. numbers.Select(load => load.RunAsync(stop.Token)), .. sets.Select(load => OnThread(() => load.Run(verdict, stop.Token)))]);
            var copying = OnThread(() => copy.Run(verdict, stopCopying.Token));
            var reading = Task.WhenAll(witnesses.Select(witness => OnThread(() => witness.Run(verdict, stopReading.Token))));

            for (var round = 1; round <= rounds; round++)
            {
                await ProgressAsync(numbers, sets, copy, verdict, cancellationToken);
                await Task.Delay(random.Next(0, 600), cancellationToken);
                await broker.KillAsync();
                await broker.DisposeAsync();
                if (random.Next(5) == 0)
                {
                    // A second blow while it recovers.
                    await using var recovering = BrokerProcess.Launch(dataDirectory, port, options);
                    await Task.Delay(random.Next(20, 400), cancellationToken);
                    await recovering.KillAsync();
                }

                broker = await BrokerProcess.StartAsync(dataDirectory, port, options, cancellationToken);
                output.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"kill {round}/{rounds}: up again in {broker.StartTime.TotalMilliseconds:F0} ms; {numbers.Sum(load => load.Acknowledged)} acknowledged, {sets.Sum(load => load.Committed)} sets committed, {copy.Copied} copied"));
            }

            await stop.CancelAsync();
            await writing.WaitAsync(TimeSpan.FromMinutes(3), cancellationToken);
            foreach (var load in numbers) { load.Finish(verdict); }
            await stopCopying.CancelAsync();
            await copying.WaitAsync(TimeSpan.FromMinutes(5), cancellationToken);
            await stopReading.CancelAsync();
            await reading.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);

            var numbersLog = LogReader.Read(bootstrap, "numbers", Partitions, IsolationLevel.ReadCommitted);
            var setsLog = LogReader.Read(bootstrap, "sets", Partitions, IsolationLevel.ReadCommitted);
            foreach (var load in numbers) { load.Check(numbersLog, verdict); }
            foreach (var load in sets) { load.Check(setsLog, verdict); }
            witnesses[0].Check(numbersLog, verdict);
            witnesses[1].Check(setsLog, verdict);
            CopyLoad.Check(bootstrap, "numbers", "copies", Partitions, "copier", verdict);
            if (numbersLog.Count == 0 || setsLog.Count == 0 || witnesses[0].Seen == 0) { verdict.Violation("the run did something", $"{numbersLog.Count} records, {setsLog.Count} in sets"); }
            foreach (var load in numbers) { load.Dispose(); }
            if (!verdict.IsClean) { output.WriteLine(broker.Log); }
            output.WriteLine(
                $"{rounds} kills, {options.Durability}: {numbers.Sum(load => load.Acknowledged)} acknowledged records, {sets.Sum(load => load.Committed)} committed sets, {copy.Copied} copies: {verdict}");
            return verdict;
        }
        finally
        {
            await broker.DisposeAsync();
        }
    }

    /// <summary>Waits until every kind of client has got something done since the last kill.</summary>
    private static async Task ProgressAsync(IdempotentLoad[] numbers, TransactionLoad[] sets, CopyLoad copy, Verdict verdict, CancellationToken cancellationToken)
    {
        var before = (Acknowledged(), Committed(), copy.Copied);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (Acknowledged() == before.Item1 || Committed() == before.Item2 || copy.Copied == before.Copied)
        {
            if (watch.Elapsed > RecoveryLimit)
            {
                verdict.Violation("clients go on after a restart", $"acknowledged {before.Item1} -> {Acknowledged()}, sets {before.Item2} -> {Committed()}, copies {before.Copied} -> {copy.Copied} in {RecoveryLimit}");
                return;
            }

            await Task.Delay(20, cancellationToken);
        }

        int Acknowledged() => numbers.Sum(load => load.Acknowledged);
        int Committed() => sets.Sum(load => load.Committed);
    }

    private static Task OnThread(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
