using System.Buffers.Binary;
using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Chaos.Diff;

/// <summary>Writes and reads of plain records: good ones, damaged ones, odd offsets.</summary>
internal static class RecordScripts
{
    private static readonly CompressionCodec[] Codecs = Enum.GetValues<CompressionCodec>();

    public static Script Produce(int seed)
    {
        var random = new Random(seed);
        var steps = new List<Step>();
        for (var n = 0; n < 14; n++) { steps.Add(ProduceStep(random, n)); }
        foreach (var topic in (string[])["plain", "compact"]) { steps.AddRange([End(topic), Fetch(topic, 0, 0, 12)]); }
        return new Script(
            "produce", seed, [new("plain", 2, ("max.message.bytes", "3000")), new("compact", 2, ("cleanup.policy", "compact"), ("max.message.bytes", "3000"))], steps);
    }

    public static Script Read(int seed)
    {
        var random = new Random(seed);
        var steps = new List<Step>();
        var end = 0;
        for (var n = random.Next(2, 6); n > 0; n--)
        {
            var (count, time, codec, first) = (random.Next(1, 8), 1_000 * random.Next(1, 50), Codecs[random.Next(5)], end);
            end += count;
            steps.Add(
                new Call(
                    new Route.Leader("plain", 0), ApiKey.Produce, 9,
                    side => Requests.Produce(side.Name("plain"), 0, Requests.Batch(count, first, time, codec: codec, valueBytes: 60))));
        }

        for (var n = 0; n < 16; n++)
        {
            steps.Add(
                random.Next(3) switch
                {
                    0 => Fetch(
                        random.Next(8) == 0 ? "missing" : "plain", random.Next(8) == 0 ? 5 : 0, random.Next(-1, end + 3), (short)random.Next(4, 13), (sbyte)random.Next(2),
                        random.Next(2) == 0 ? 1 << 20 : random.Next(1, 600)),
                    1 => ListOffsets(random.Next(8) == 0 ? "missing" : "plain", random.Next(8) == 0 ? 5 : 0, random.Next(6) switch { 0 => -1, 1 => -2, 2 => -3, _ => random.Next(0, 60_000) }, (short)random.Next(1, 8), (sbyte)random.Next(2)),
                    _ => EpochEnd(random.Next(-1, 3), (short)random.Next(2, 5)),
                });
        }

        if (random.Next(2) == 0)
        {
            var to = random.Next(-1, end + 2);
            steps.Add(
                new Call(
                    new Route.Leader("plain", 0), ApiKey.DeleteRecords, (short)random.Next(3),
                    side => new DeleteRecordsRequest { TimeoutMs = 10_000, Topics = [new() { Name = side.Name("plain"), Partitions = [new() { Partition = 0, Offset = to }] }] }));
            for (var offset = 0; offset <= end; offset += 2) { steps.Add(Fetch("plain", 0, offset, 12)); }
            steps.Add(ListOffsets("plain", 0, -2, 7, 0));
            steps.Add(ListOffsets("plain", 0, 1, 7, 0));
        }

        return new Script("read", seed, [new("plain", 2)], steps);
    }

    public static Call End(string topic, int partition = 0, sbyte isolation = 0) => ListOffsets(topic, partition, -1, 7, isolation);

    public static Call ListOffsets(string topic, int partition, long timestamp, short version, sbyte isolation) =>
        new(new Route.Leader(topic, partition), ApiKey.ListOffsets, version, side => Requests.ListOffsets(side.Name(topic), partition, timestamp, isolation));

    public static Call Fetch(string topic, int partition, long offset, short version, sbyte isolation = 0, int maxBytes = 1 << 20) =>
        new(new Route.Leader(topic, partition), ApiKey.Fetch, version, side => Requests.Fetch(side.Name(topic), partition, offset, isolation, maxBytes: maxBytes));

    private static Call EpochEnd(int epoch, short version) =>
        new(
            new Route.Leader("plain", 0), ApiKey.OffsetForLeaderEpoch, version,
            side => new OffsetForLeaderEpochRequest
            {
                ReplicaId = -1,
                Topics = [new() { Name = side.Name("plain"), Partitions = [new() { Partition = 0, CurrentLeaderEpoch = -1, LeaderEpoch = epoch }] }],
            });

    private static Call ProduceStep(Random random, int first)
    {
        var topic = random.Next(10) switch { 0 => "missing", < 4 => "compact", _ => "plain" };
        var partition = random.Next(10) == 0 ? 7 : random.Next(2);
        var acks = random.Next(12) switch { 0 => (short)2, 1 => (short)0, 2 => (short)1, 3 => (short)-2, _ => (short)-1 };
        var version = (short)random.Next(3, 12);
        var codec = Codecs[random.Next(5)];
        var records = Requests.Batch(random.Next(1, 5), first * 10, valueBytes: random.Next(8) == 0 ? 4_000 : random.Next(100), keyless: random.Next(4) == 0, codec: codec);
        var damaged = Damage(records, random);
        return new Call(new Route.Leader(topic, partition), ApiKey.Produce, version, side => Requests.Produce(side.Name(topic), partition, [.. damaged], acks)) { Silent = acks == 0 };
    }

    private static byte[] Damage(byte[] batch, Random random)
    {
        switch (random.Next(16))
        {
            case 0: batch[^1] ^= 0x10; return batch;
            case 1: batch[BatchLayout.Crc] ^= 0x01; return batch;
            case 2: return Signed(batch, b => b[BatchLayout.Attributes + 1] |= (byte)BatchLayout.ControlBit);
            case 3: return Signed(batch, b => BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(BatchLayout.LastOffsetDelta), random.Next(0, 9)));
            case 4: return Signed(batch, b => BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(BatchLayout.RecordCount), random.Next(0, 3)));
            case 5: return [.. batch, .. Requests.Batch(1)];
            case 6: return batch[..^random.Next(1, batch.Length)];
            case 7: return [.. batch, .. new byte[random.Next(1, 9)]];
            case 8: return [];
            case 9: return Signed(batch, b => BinaryPrimitives.WriteInt64BigEndian(b.AsSpan(BatchLayout.BaseOffset), 5));
            case 10: return Signed(batch, b => b[BatchLayout.Attributes + 1] |= (byte)BatchLayout.TransactionalBit);
            case 11: return Signed(batch, b => BinaryPrimitives.WriteInt64BigEndian(b.AsSpan(BatchLayout.ProducerId), 77));
            default: return batch;
        }
    }

    private static byte[] Signed(byte[] batch, Action<byte[]> change)
    {
        change(batch);
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchLayout.Crc), Crc32C.Compute(batch.AsSpan(BatchLayout.Attributes)));
        return batch;
    }
}
