using CsCheck;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

public sealed class CompactionCrashTests
{
    private const long DeleteRetentionMs = 50;

    private static readonly Dictionary<string, string> Config = new()
    {
        ["cleanup.policy"] = "compact",
        ["internal.segment.bytes"] = "350",
        ["min.cleanable.dirty.ratio"] = "0",
        ["delete.retention.ms"] = $"{DeleteRetentionMs}",
    };

    private enum Kind
    {
        Append, AppendMore, AppendYetMore, Transactional, TransactionalMore, Commit, Abort, Clean, CleanAndLosePower, CleanAndDie, LosePower,
    }

    private static readonly Gen<(Kind Kind, int Producer, int[] Keys, int Value, int Number)> Step =
        Gen.Select(Gen.Enum<Kind>(), Gen.Int[1, 3], Gen.Int[0, 4].Array[1, 3], Gen.Int[0, 5], Gen.Int[1, 60]);

    [Fact]
    public void Whatever_crashes_in_between_readers_producers_and_offsets_notice_nothing() =>
        Gen.Select(Step.Array[1, 50], Gen.Int[2, 8]).Sample((steps, maxKeys) =>
        {
            var broker = new StorageHarness(Config, maxKeys);
            var readers = new ReaderModel(DeleteRetentionMs);
            var open = new HashSet<int>();
            var last = new Dictionary<int, ((string, string?)[] Records, long BaseOffset)>();
            foreach (var (kind, producer, keys, value, number) in steps)
            {
                broker.Time.Advance(TimeSpan.FromMilliseconds(number));
                (string Key, string? Value)[] records = [.. keys.Select(key => ($"k{key}", value == 0 ? null : $"v{value}-{broker.Log.LogEndOffset}"))];
                switch (kind)
                {
                    case Kind.Clean:
                        broker.Clean();
                        break;
                    case Kind.CleanAndLosePower or Kind.CleanAndDie:
                        CrashWhileCleaning(broker, number, kind == Kind.CleanAndLosePower ? number + value : null);
                        break;
                    case Kind.LosePower:
                        broker.Restart(number);
                        break;
                    case Kind.Commit or Kind.Abort:
                        Assert.Equal(ErrorCode.None, broker.Log.AppendMarker(producer, 0, kind == Kind.Commit, 0).Error);
                        broker.Flush();
                        open.Remove(producer);
                        readers.End(producer, kind == Kind.Commit);
                        break;
                    default:
                        var transactional = kind is Kind.Transactional or Kind.TransactionalMore;
                        if (!transactional && open.Contains(producer)) { continue; }

                        var result = broker.Append(producer, transactional, records);
                        last[producer] = (records, result.BaseOffset);
                        for (var i = 0; i < records.Length; i++) { readers.Add(result.BaseOffset + i, records[i].Key, records[i].Value, producer, transactional); }

                        if (transactional) { open.Add(producer); }

                        break;
                }

                readers.Check(broker.ReadCommitted(), broker.Log.LastStableOffset, broker.NowMs);
            }

            Assert.Equal(open.Order(), broker.Log.OpenTransactions().Select(transaction => (int)transaction.ProducerId).Order());
            var end = broker.Log.LogEndOffset;
            foreach (var (producer, (records, baseOffset)) in last)
            {
                var again = broker.AppendAgain(producer, records);
                Assert.Equal((ErrorCode.None, baseOffset), (again.Error, again.BaseOffset));
            }

            Assert.Equal((end, end), (broker.Log.LogEndOffset, broker.Log.HighWatermark));
        }, iter: Effort.Times(300));

    private static void CrashWhileCleaning(StorageHarness broker, int operations, int? seed)
    {
        broker.Disk.CrashAfter(operations);
        try
        {
            broker.Clean();
        }
        catch (SimulatedCrashException)
        {
            // The machine is off now.
        }

        broker.Restart(seed);
    }
}
