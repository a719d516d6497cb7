using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Chaos.Diff;

/// <summary>Idempotent sequences and transactions, in right and wrong order.</summary>
internal static class ProducerScripts
{
    /// <summary>An id that no broker has given out: a transactional batch must name one.</summary>
    private const long NoProducer = 1L << 50;

    public static Script Idempotence(int seed)
    {
        var random = new Random(seed);
        var steps = new List<Step> { Init("p", null), Init("q", null) };
        // Where each producer stands in each partition: epoch and next sequence.
        var next = new Dictionary<(string, int), (short Epoch, int Sequence, int LastCount)>();
        for (var n = 0; n < 22; n++)
        {
            var (producer, partition, count) = (random.Next(4) == 0 ? "q" : "p", random.Next(2), random.Next(1, 4));
            var (epoch, sequence, last) = next.GetValueOrDefault((producer, partition));
            var chance = random.Next(12);
            var (sendEpoch, sendSequence) = chance switch
            {
                0 => (epoch, sequence + random.Next(1, 4)),                    // a gap
                1 => (epoch, Math.Max(0, sequence - last)),                    // the last batch again, or something like it
                2 => ((short)(epoch + 1), 0),                                  // a newer epoch
                3 => ((short)(epoch + 1), random.Next(1, 5)),                  // a newer epoch that does not start at 0
                4 => ((short)Math.Max(0, epoch - 1), sequence),                // perhaps an older epoch
                5 when sequence == 0 => (epoch, int.MaxValue - random.Next(3)), // a start near the end of the numbers: wraps soon
                _ => (epoch, sequence),
            };
            if (chance is > 5 or 2 || (chance == 5 && sequence == 0)) { next[(producer, partition)] = (sendEpoch, Wrapped(sendSequence, count), count); }
            var repeats = random.Next(6) == 0 ? 2 : 1;
            for (var repeat = 0; repeat < repeats; repeat++) { steps.Add(Write(producer, partition, count, n * 10, sendEpoch, sendSequence)); }
        }

        steps.AddRange([RecordScripts.Fetch("plain", 0, 0, 12), RecordScripts.Fetch("plain", 1, 0, 12)]);
        return new Script("idempotence", seed, [new("plain", 2)], steps);

        static int Wrapped(int sequence, int count) => sequence > int.MaxValue - count ? count - (int.MaxValue - sequence) - 1 : sequence + count;

        static Call Write(string producer, int partition, int count, int first, short epoch, int sequence) =>
            new(
                new Route.Leader("plain", partition), ApiKey.Produce, 9,
                side => Requests.Produce(
                    side.Name("plain"), partition, Requests.Batch(count, first, producerId: side.Get($"{producer}.id", -1L), epoch: epoch, sequence: sequence)));
    }

    public static Script Transactions(int seed)
    {
        var random = new Random(seed);
        var steps = new List<Step>();
        var sequences = new Dictionary<(string, int), int>();
        steps.Add(Init("t1", "t1"));
        if (random.Next(2) == 0) { steps.Add(Init("t2", "t2")); }
        for (var n = 0; n < 24; n++)
        {
            var txn = random.Next(3) == 0 ? "t2" : "t1";
            var partition = random.Next(2);
            var stale = random.Next(10) == 0;
            switch (random.Next(13))
            {
                case 0:
                    steps.Add(Init(txn, txn, withId: random.Next(2) == 0, stale));
                    ForgetSequences(txn);
                    break;
                case 1 or 2 or 3: steps.Add(Add(txn, random.Next(12) == 0 ? "missing" : "plain", partition, stale, (short)random.Next(4))); break;
                case 4 or 5 or 6 or 7:
                    var sequence = sequences.GetValueOrDefault((txn, partition));
                    sequences[(txn, partition)] = sequence + 1;
                    steps.Add(Write(txn, partition, n * 10, sequence, stale));
                    break;
                case 8:
                    steps.Add(
                        new Call(
                            new Route.Transaction(txn), ApiKey.AddOffsetsToTxn, (short)random.Next(4),
                            side => new AddOffsetsToTxnRequest { TransactionalId = side.Name(txn), ProducerId = Id(side, txn), ProducerEpoch = Epoch(side, txn, stale), GroupId = side.Name("group") }));
                    break;
                case 9:
                    var offset = random.Next(100);
                    steps.Add(
                        new Call(
                            new Route.Group("group"), ApiKey.TxnOffsetCommit, (short)random.Next(4),
                            side => Requests.TxnOffsetCommit(side.Name(txn), side.Name("group"), Id(side, txn), Epoch(side, txn, stale), side.Name("plain"), partition, offset)));
                    break;
                case 10:
                    steps.Add(OffsetScripts.Fetch("group", "plain", partition, random.Next(2) == 0, 7));
                    break;
                default: steps.Add(End(txn, random.Next(3) > 0, stale, (short)random.Next(4))); break;
            }
        }

        // Whatever is still open ends, so that both sides come to rest.
        foreach (var txn in (string[])["t1", "t2"])
        {
            steps.Add(Init(txn, txn));
        }

        foreach (var partition in (int[])[0, 1])
        {
            steps.AddRange(
            [
                new Settle("plain", partition), RecordScripts.Fetch("plain", partition, 0, 12, isolation: 1), RecordScripts.Fetch("plain", partition, 0, 12, isolation: 0),
                OffsetScripts.Fetch("group", "plain", partition, requireStable: true, 7),
            ]);
        }

        steps.Add(
            new Call(
                new Route.Transaction("t1"), ApiKey.DescribeTransactions, 0, side => new DescribeTransactionsRequest { TransactionalIds = [side.Name("t1")] }));
        return new Script("transactions", seed, [new("plain", 2)], steps);

        void ForgetSequences(string txn)
        {
            sequences.Remove((txn, 0));
            sequences.Remove((txn, 1));
        }
    }

    private static Call Init(string producer, string? txn, bool withId = false, bool stale = false) =>
        new(
            txn is null ? new Route.Any() : new Route.Transaction(txn), ApiKey.InitProducerId, 4,
            side => new InitProducerIdRequest
            {
                TransactionalId = txn is null ? null : side.Name(txn),
                TransactionTimeoutMs = 600_000,
                ProducerId = withId ? Id(side, producer) : -1,
                ProducerEpoch = withId ? Epoch(side, producer, stale) : (short)-1,
            })
        {
            Learn = (side, answer) =>
            {
                if (answer is not InitProducerIdResponse { Error: ErrorCode.None } init) { return; }
                side.Set($"{producer}.id", init.ProducerId);
                side.Set($"{producer}.epoch", init.ProducerEpoch);
            },
        };

    private static Call Add(string txn, string topic, int partition, bool stale, short version) =>
        new(
            new Route.Transaction(txn), ApiKey.AddPartitionsToTxn, version,
            side => Requests.AddPartitions(side.Name(txn), Id(side, txn), Epoch(side, txn, stale), side.Name(topic), partition));

    private static Call Write(string txn, int partition, int first, int sequence, bool stale) =>
        new(
            new Route.Leader("plain", partition), ApiKey.Produce, 9,
            side => Requests.Produce(
                side.Name("plain"), partition,
                Requests.Batch(1, first, producerId: Id(side, txn) is var id and >= 0 ? id : NoProducer, epoch: Epoch(side, txn, stale), sequence: sequence, transactional: true), transactionalId: side.Name(txn)));

    private static Call End(string txn, bool commit, bool stale, short version) =>
        new(new Route.Transaction(txn), ApiKey.EndTxn, version, side => Requests.EndTxn(side.Name(txn), Id(side, txn), Epoch(side, txn, stale), commit));

    private static long Id(Side side, string producer) => side.Get($"{producer}.id", -1L);

    private static short Epoch(Side side, string producer, bool stale)
    {
        var epoch = side.Get<short>($"{producer}.epoch", 0);
        return stale ? (short)Math.Max(0, epoch - 1) : epoch;
    }
}
