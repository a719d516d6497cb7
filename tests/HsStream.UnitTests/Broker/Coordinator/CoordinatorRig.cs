using System.Diagnostics.Metrics;
using System.Text;
using HsStream.Embedded.Broker;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

/// <summary>A coordinator over real logs on a simulated disk and clock; nothing happens in it but what a test lets happen.</summary>
/// <remarks>Holds nothing but memory and has no threads, so it is simply dropped, as by a crash.</remarks>
internal sealed class CoordinatorRig
{
    private const string DataDirectory = "/data";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Durability _durability;

    public CoordinatorRig(CoordinatorOptions? options = null, Durability durability = Durability.Fsync)
    {
        _durability = durability;
        Options = (options ?? new CoordinatorOptions()) with { DrainedByHand = true };
        Open();
        Coordinate();
    }

    public CoordinatorOptions Options { get; }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public SimulatedDisk Disk { get; } = new();

    public LogManager Logs { get; private set; } = null!;

    public TopicCatalog Catalog { get; private set; } = null!;

    public BrokerCoordinator Coordinator { get; private set; } = null!;

    /// <summary>What the coordinator caught at its edge: nothing, in a broker without mistakes.</summary>
    public FailureLog Failures { get; } = new();

    /// <summary>Rounds of the flusher that were waited for.</summary>
    public int Rounds { get; private set; }

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public PartitionLog OffsetsLog => Catalog.Find(new TopicPartition(InternalTopics.Offsets, 0))!;

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    public Topic CreateTopic(string name, int partitions = 1)
    {
        var (error, message, topic) = Catalog.Create(name, partitions, new Dictionary<string, string?>(), validateOnly: false);
        Assert.True(error == ErrorCode.None, message);
        return topic!;
    }

    public void DeleteTopic(string name)
    {
        var topic = Catalog.Find(name)!;
        Assert.Equal(ErrorCode.None, Catalog.Delete(topic).Error);
        Coordinator.TopicDeleted(topic.Id, name);
        Drain();
    }

    public PartitionLog Log(string topic, int partition = 0) => Catalog.Find(new TopicPartition(topic, partition))!;

    /// <summary>Lets messages be worked off and the disk catch up until there is nothing left to do.</summary>
    public void Settle()
    {
        for (var round = 0; round < 100; round++)
        {
            Drain();
            if (Coordinator.IsIdle) { return; }

            Flush();
        }

        Assert.Fail("The coordinator did not come to rest in 100 rounds of flushing.");
    }

    /// <summary>Works off the coordinator's messages; throws when the disk has lost its power, which the coordinator only logs.</summary>
    public void Drain()
    {
        Coordinator.Drain();
        Disk.ListFiles(DataDirectory);
        Assert.Empty(Failures.Exceptions);
    }

    /// <summary>One round of the flusher; its news is in the inbox afterwards.</summary>
    public void Flush()
    {
        Rounds++;
        Logs.FlushOnce();
        Assert.True(SpinWait.SpinUntil(() => !Coordinator.IsPostDue, Patience), "A flush was not reported to the coordinator.");
    }

    public void Advance(TimeSpan time)
    {
        Settle();
        Time.Advance(time);
        Settle();
    }

    /// <summary>The answer of a request that needs nothing but the disk.</summary>
    public TResponse Answer<TResponse>(Task<TResponse> request)
    {
        Settle();
        Assert.True(request.IsCompleted, "Expected an answer; the request is parked.");
        return request.GetAwaiter().GetResult();
    }

    /// <summary>Whether a request waits although the disk has caught up.</summary>
    public bool IsParked(Task request)
    {
        Settle();
        return !request.IsCompleted;
    }

    /// <summary>Starts a coordinator that finds a transactional id in this state.</summary>
    public void StoreTransaction(string id, TransactionLogValue state)
    {
        var key = StateRecord.Write(TransactionLogKey.Written, new TransactionLogKey { TransactionalId = id });
        Log(InternalTopics.Transactions).AppendInternal(RecordBatchBuilder.Build([(key, StateRecord.Write(TransactionLogValue.Written, state))], NowMs));
        Kill();
    }

    /// <summary>The process dies and starts again: all that was written is there.</summary>
    public void Kill()
    {
        Disk.ProcessDeath();
        Restart();
    }

    /// <summary>The machine loses power: of what was not flushed, any part may be there.</summary>
    public void LosePower(int seed)
    {
        Disk.PowerLoss(new Random(seed));
        Restart();
    }

    private void Restart()
    {
        Failures.Exceptions.Clear();
        Open();
        Coordinate();
    }

    private void Open()
    {
        Disk.CreateDirectory(DataDirectory);
        Disk.FlushDirectory("/");
        var options = new LogOptions { DataDirectory = DataDirectory, Durability = _durability };
        Logs = new LogManager(Disk, options, Time, NullLogger<LogManager>.Instance, new Meter("HsStream.Broker.Test"));
        Catalog = TopicCatalog.Open(Disk, DataDirectory, Logs, BrokerConfigs.Default);
    }

    private void Coordinate()
    {
        Coordinator = new BrokerCoordinator(Catalog, Options, Time, Failures);
        Assert.True(Coordinator.StartAsync(TestContext.Current.CancellationToken).AsTask().IsCompletedSuccessfully);
    }
}
