using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using HsStream.Embedded.Broker.Disk;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

/// <summary>The real disk, flusher threads, producers and consumers at once.</summary>
public sealed class LogConcurrencyTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Consumers_see_every_acknowledged_record_once_and_in_order_while_segments_roll_and_go(bool pageCache)
    {
        var durability = pageCache ? Durability.PageCache : Durability.Fsync;
        const int Producers = 6;
        const int Batches = 150;
        using var directory = new TemporaryFolder();
        using var fixture = new LogFixture(
            durability, new RealDisk(), directory.Path, ("internal.segment.bytes", "20000"), ("index.interval.bytes", "500"));
        fixture.Manager.Start();
        var consumers = Enumerable.Range(0, 2).Select(i => Task.Run(() => ConsumeAsync(fixture.Log, Producers * Batches * 2, 300 + (i * 5000)))).ToArray();
        var producers = Enumerable.Range(0, Producers).Select(producer => Task.Run(async () =>
        {
            for (var i = 0; i < Batches; i++)
            {
                var batch = RecordBatchBuilder.Build([Record(producer, i * 2), Record(producer, (i * 2) + 1)], 1, producer, 0, i * 2);
                var result = fixture.Log.Append(batch, 9, null);
                Assert.Equal(ErrorCode.None, result.Error);
                Assert.Equal(ErrorCode.None, await fixture.Log.WaitDurableAsync(result.EndOffset));
                Assert.True(fixture.Log.HighWatermark >= result.EndOffset);
            }
        })).ToArray();

        await Task.WhenAll([.. producers, .. consumers]).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.True(fixture.Log.Segments.Count > 3);
        fixture.Log.DeleteRecords(900);
        await fixture.StopAndOpenAsync();
        Assert.Equal((Producers * Batches * 2) - 900, fixture.ReadAll(900).Count);
        await fixture.Manager.DisposeAsync();
    }

    [Fact]
    public async Task Ten_thousand_waiters_are_all_woken_by_one_flush()
    {
        using var fixture = new LogFixture();
        var waiting = Enumerable.Range(0, 10_000).Select(i => fixture.Log.WaitDurableAsync(fixture.Append("x").EndOffset).AsTask()).ToArray();
        Assert.Equal(0, waiting.Count(task => task.IsCompleted));
        fixture.Manager.FlushOnce();
        Assert.All(await Task.WhenAll(waiting).WaitAsync(Deadline, TestContext.Current.CancellationToken), error => Assert.Equal(ErrorCode.None, error));
    }

    [Fact]
    public async Task An_append_and_its_wait_allocate_nothing()
    {
        using var directory = new TemporaryFolder();
        using var fixture = new LogFixture(disk: new RealDisk(), dataDirectory: directory.Path);
        var batch = fixture.Batch(1, 0, 0, false, new string('x', 1000));
        var waiting = new ValueTaskAwaiter<ErrorCode>[10];
        for (var i = 0; i < 2000; i += waiting.Length) { AppendAndWait(fixture, batch, waiting, i); }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 2000; i < 4000; i += waiting.Length) { AppendAndWait(fixture, batch, waiting, i); }

        // The sparse index grows now and then, by doubling.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16_000);
        await fixture.Manager.DisposeAsync();
    }

    private static void AppendAndWait(LogFixture fixture, byte[] batch, ValueTaskAwaiter<ErrorCode>[] waiting, int sequence)
    {
        for (var i = 0; i < waiting.Length; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(batch, 0);
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.BaseSequence), sequence + i);
            BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchLayout.Crc), Crc32C.Compute(batch.AsSpan(BatchLayout.Attributes)));
#pragma warning disable CA2012 // Each is consumed once, after the flush below; awaiting would allocate.
            waiting[i] = fixture.Log.WaitDurableAsync(fixture.Log.Append(batch, 9, null).EndOffset).GetAwaiter();
#pragma warning restore CA2012
        }

        fixture.Manager.FlushOnce();
        foreach (var awaiter in waiting)
        {
            // An assertion would allocate.
            if (awaiter.GetResult() != ErrorCode.None) { throw new InvalidOperationException("The append failed."); }
        }
    }

    private static async Task ConsumeAsync(PartitionLog log, int total, int maxBytes)
    {
        var next = new Dictionary<string, int>();
        using var signal = new Signal();
        log.AddObserver(signal);
        for (long offset = 0; offset < total;)
        {
            var fetched = log.Read(offset, maxBytes, IsolationLevel.ReadCommitted, atLeastOne: true);
            Assert.Equal(ErrorCode.None, fetched.Error);
            var bytes = Consumer.Bytes(fetched.Records);
            if (bytes.Length == 0)
            {
                await signal.WaitAsync();
                continue;
            }

            foreach (var record in RecordReader.ReadAll(bytes).Where(record => record.Offset >= offset).ToList())
            {
                Assert.Equal(offset++, record.Offset);
                var producer = Encoding.UTF8.GetString(record.Key!.Value.Span);
                Assert.Equal(next.GetValueOrDefault(producer).ToString(CultureInfo.InvariantCulture), Encoding.UTF8.GetString(record.Value!.Value.Span));
                next[producer] = next.GetValueOrDefault(producer) + 1;
            }

            Assert.True(offset <= log.HighWatermark);
        }

        log.RemoveObserver(signal);
    }

    private static (ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value) Record(int producer, int value) =>
        (Encoding.UTF8.GetBytes($"{producer}"), Encoding.UTF8.GetBytes($"{value}"));

    private sealed class Signal : ILogObserver, IDisposable
    {
        private readonly SemaphoreSlim _changed = new(0);

        public void Changed() => _changed.Release();

        public Task WaitAsync() => _changed.WaitAsync();

        public void Dispose() => _changed.Dispose();
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("hsstream-log-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
