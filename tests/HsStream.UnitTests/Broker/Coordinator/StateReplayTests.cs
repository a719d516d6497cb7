using System.Buffers.Binary;
using CsCheck;
using HsStream.Embedded.Broker;
using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

public sealed class StateReplayTests
{
    private static readonly (byte[] Key, byte[] Value)[] Sound =
    [
        (StateRecord.Write(OffsetCommitKey.Written, Offset), StateRecord.Write(OffsetCommitValue.Written, new OffsetCommitValue { Offset = 5, LeaderEpoch = 2, Metadata = "m", CommitTimestampMs = 9 })),
        (StateRecord.Write(OffsetCommitKey.Written, Offset), StateRecord.Write(OffsetCommitValue.WrittenWithExpiry, new OffsetCommitValue { Offset = 5, Metadata = "m", CommitTimestampMs = 9, ExpireTimestampMs = 11 })),
        (StateRecord.Write(GroupMetadataKey.Written, new GroupMetadataKey { Group = "g" }), StateRecord.Write(GroupMetadataValue.Written, Group)),
        (StateRecord.Write(TransactionLogKey.Written, new TransactionLogKey { TransactionalId = "x" }), StateRecord.Write(TransactionLogValue.Written, Transaction)),
    ];

    private static OffsetCommitKey Offset => new() { Group = "g", Topic = "t", Partition = 3 };

    private static GroupMetadataValue Group => new()
    {
        ProtocolType = "consumer",
        Generation = 4,
        Protocol = "range",
        Leader = "m1",
        StateTimestampMs = 7,
        Members =
        [
            new GroupMetadataValue.Member
            {
                MemberId = "m1", InstanceId = "i", ClientId = "c", ClientHost = "/h", RebalanceTimeoutMs = 60, SessionTimeoutMs = 10,
                Subscription = new byte[] { 1 }, Assignment = new byte[] { 2, 3 },
            },
        ],
    };

    private static TransactionLogValue Transaction => new()
    {
        ProducerId = 8,
        ProducerEpoch = 1,
        TimeoutMs = 60,
        State = 1,
        LastUpdateMs = 5,
        StartMs = 4,
        Partitions = [new TransactionLogValue.TopicData { Topic = "t", Partitions = [2] }],
    };

    /// <summary>Field by field from Kafka's schemas OffsetCommitKey/Value, GroupMetadataKey/Value and TransactionLogKey/Value.</summary>
    [Fact]
    public void Records_have_the_bytes_of_Kafkas_own_schemas()
    {
        string[] expected =
        [
            "0001" + "000167" + "000174" + "00000003",
            "0003" + "0000000000000005" + "00000002" + "00016D" + "0000000000000009",
            "0001" + "000167" + "000174" + "00000003",
            "0001" + "0000000000000005" + "00016D" + "0000000000000009" + "000000000000000B",
            "0002" + "000167",
            "0003" + "0008636F6E73756D6572" + "00000004" + "000572616E6765" + "00026D31" + "0000000000000007" + "00000001"
                + "00026D31" + "000169" + "000163" + "00022F68" + "0000003C" + "0000000A" + "0000000101" + "000000020203",
            "0000" + "000178",
            "0000" + "0000000000000008" + "0001" + "0000003C" + "01" + "00000001" + "000174" + "00000001" + "00000002"
                + "0000000000000005" + "0000000000000004",
        ];
        Assert.Equal(expected, Sound.SelectMany(record => new[] { Convert.ToHexString(record.Key), Convert.ToHexString(record.Value) }));
    }

    [Fact]
    public void Older_and_newer_versions_of_values_are_read()
    {
        var world = new Replayed();
        var newest = new WireWriter();
        newest.Put((short)4);
        newest.Begin(4, flexible: true);
        new OffsetCommitValue { Offset = 77, LeaderEpoch = 1, Metadata = "new" }.Visit(newest);
        newest.Tags();
        world.Offsets((StateRecord.Write(1, Offset), newest.Written.ToArray()));
        Assert.Equal(("new", 77), (world.Committed()!.Metadata, world.Committed()!.Offset));
        world.Offsets((StateRecord.Write(0, Offset), StateRecord.Write(0, new OffsetCommitValue { Offset = 78, Metadata = "old" })));
        Assert.Equal(("old", 78, -1), (world.Committed()!.Metadata, world.Committed()!.Offset, world.Committed()!.LeaderEpoch));
        world.Offsets((StateRecord.Write(2, new GroupMetadataKey { Group = "g" }), StateRecord.Write(0, Group)));
        Assert.Equal((GroupState.Stable, 10), (world.Groups.Find("g")!.State, world.Groups.Find("g")!.RebalanceTimeoutMs));
        Assert.Empty(world.Log.Events);
    }

    [Fact]
    public void Keys_of_later_versions_are_skipped_with_a_log_line()
    {
        var world = new Replayed();
        world.Offsets((StateRecord.Write(3, new GroupMetadataKey { Group = "new protocol" }), [0, 0]), (Sound[0].Key, Sound[0].Value));
        world.Transactions((StateRecord.Write(1, new TransactionLogKey { TransactionalId = "y" }), [0, 0]), (Sound[3].Key, Sound[3].Value));
        Assert.Equal(2, world.Log.Events["UnknownKeySkipped"]);
        Assert.Equal(5, world.Committed()!.Offset);
        Assert.Equal(1, world.TransactionCount);
    }

    /// <summary>Random bytes, and sound records with a byte changed or the end cut off.</summary>
    [Fact]
    public void No_bytes_in_the_internal_topics_stop_the_broker_from_starting()
    {
        var noise = Gen.Byte.Array[0, 40];
        var damaged = Gen.Select(Gen.Int[0, Sound.Length - 1], Gen.Bool, Gen.Int[0, 200], Gen.Byte, Gen.Bool).Select((which, inKey, at, with, cut) =>
        {
            var (key, value) = ((byte[])Sound[which].Key.Clone(), (byte[])Sound[which].Value.Clone());
            var bytes = inKey ? key : value;
            var changed = cut ? bytes[..(at % bytes.Length)] : bytes;
            if (!cut) { bytes[at % bytes.Length] = with; }
            return inKey ? (changed, value) : (key, changed);
        });
        var record = Gen.OneOf(Gen.Select(noise, noise), damaged);
        Gen.Select(record.Array[1, 5], Gen.Bool).Sample((records, transactional) =>
        {
            var world = new Replayed();
            world.Offsets(transactional, records);
            world.Transactions(records);
            world.Offsets((Sound[0].Key, Sound[0].Value));
            Assert.Equal(5, world.Committed()!.Offset);
        });
    }

    [Fact]
    public void A_damaged_batch_is_skipped_with_a_log_line()
    {
        var world = new Replayed();
        var batch = RecordBatchBuilder.Build([(Sound[0].Key, Sound[0].Value)], 1);
        batch[BatchLayout.Records] ^= 0xFF;
        world.Replay.Offsets([new StateBatch(batch)]);
        Assert.Equal(1, world.Log.Events["RecordUnreadable"]);
    }

    [Fact]
    public void Stored_subscriptions_that_are_not_the_consumer_protocols_leave_the_topics_unknown()
    {
        var world = new Replayed();
        world.Offsets((Sound[2].Key, Sound[2].Value));
        Assert.Null(world.Groups.Find("g")!.SubscribedTopics);
        Assert.True(world.Groups.Find("g")!.IsSubscribedTo("anything"));
    }

    /// <summary>A replay into coordinators that are never asked anything.</summary>
    private sealed class Replayed
    {
        private static readonly CoordinatorRig Rig = new();
        private readonly OffsetStore _store = new();
        private readonly TransactionCoordinator _transactions;
        private long _offset;

        public Replayed()
        {
            var deadlines = new Deadlines(Rig.Time);
            Groups = new GroupCoordinator(null!, deadlines, Rig.Options, new GroupCounts(), Log);
            _transactions = new TransactionCoordinator(Rig.Catalog, null!, null!, _store, deadlines, Rig.Options, null!, Log);
            Replay = new StateReplay(Groups, _store, _transactions, Log);
        }

        public FailureLog Log { get; } = new();

        public GroupCoordinator Groups { get; }

        public StateReplay Replay { get; }

        public int TransactionCount => _transactions.Count;

        public CommittedOffset? Committed() => _store.Durable.Find("g", new TopicPartition("t", 3));

        public void Offsets(params (byte[] Key, byte[] Value)[] records) => Offsets(transactional: false, records);

        public void Offsets(bool transactional, (byte[] Key, byte[] Value)[] records) => Replay.Offsets([Batch(transactional, records)]);

        public void Transactions(params (byte[] Key, byte[] Value)[] records) => Replay.Transactions([Batch(false, records)]);

        private StateBatch Batch(bool transactional, (byte[] Key, byte[] Value)[] records)
        {
            var batch = RecordBatchBuilder.Build(
                [.. records.Select(record => ((ReadOnlyMemory<byte>?)record.Key, (ReadOnlyMemory<byte>?)record.Value))],
                1, transactional ? 9 : -1, transactional ? (short)0 : (short)-1, transactional ? 0 : -1, transactional);
            BinaryPrimitives.WriteInt64BigEndian(batch, _offset += records.Length);
            return new StateBatch(batch);
        }
    }
}
