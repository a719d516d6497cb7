using Xunit;

namespace HsStream.UnitTests.Broker.Log;

/// <summary>Measures the memory of the process, so no other test may run beside it.</summary>
[CollectionDefinition(nameof(LargeCompactionTests), DisableParallelization = true)]
[Collection(nameof(LargeCompactionTests))]
public sealed class LargeCompactionTests
{
    private static readonly Dictionary<string, string> Config = new()
    {
        ["cleanup.policy"] = "compact",
        ["internal.segment.bytes"] = "4000000",
        ["min.cleanable.dirty.ratio"] = "0",
    };

    [Fact]
    public async Task A_large_compaction_is_bounded_in_memory_by_its_table_of_keys()
    {
        var directory = Directory.CreateTempSubdirectory("hsstream-");
        await using var broker = new StorageHarness(Config, maxKeys: 10_000, directory.FullName);
        var value = new byte[100];
        for (var i = 0; i < 100; i++)
        {
            broker.AppendBatch([.. Enumerable.Range(0, 1_000).Select(j => ((ReadOnlyMemory<byte>?)BitConverter.GetBytes(((i * 1_000) + j) % 40_000), (ReadOnlyMemory<byte>?)value))]);
        }

        broker.Log.RollActive();
        broker.Flush();
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var rounds = 0;
        var highest = 0L;
        while (broker.Clean())
        {
            rounds++;
            highest = Math.Max(highest, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Assert.InRange(rounds, 5, 15);
        Assert.InRange(highest, 0, 8_000_000);
        Assert.Equal(40_000, broker.Read().Count);
        directory.Delete(recursive: true);
    }
}
