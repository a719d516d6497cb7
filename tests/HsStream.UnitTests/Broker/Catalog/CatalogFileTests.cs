using CsCheck;
using HsStream.Embedded.Broker.Catalog;
using Xunit;

namespace HsStream.UnitTests.Broker.Catalog;

public sealed class CatalogFileTests
{
    private const string Folder = "/data";

    private static readonly Gen<CatalogEntry> Change = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 4], Gen.Int[1, 9]).Select((kind, topic, number) => kind switch
    {
        0 or 1 => new CatalogEntry { Kind = CatalogEntryKind.TopicCreated, Id = Id(topic), Name = $"t{topic}", Partitions = number, Settings = [new() { Name = "retention.ms", Value = $"{number}" }] },
        2 => new CatalogEntry { Kind = CatalogEntryKind.TopicDeleted, Id = Id(topic) },
        3 => new CatalogEntry { Kind = CatalogEntryKind.PartitionsSet, Id = Id(topic), Partitions = number + 9 },
        4 => new CatalogEntry { Kind = CatalogEntryKind.TopicConfigsSet, Id = Id(topic), Settings = [new() { Name = "segment.ms", Value = $"{number}" }] },
        _ => new CatalogEntry { Kind = CatalogEntryKind.BrokerConfigsSet, Settings = [new() { Name = "message.max.bytes", Value = $"{number}" }] },
    });

    [Fact]
    public void What_was_appended_is_there_after_reopening() => Gen.Select(Change.Array[0, 20], Gen.Int[0, 5]).Sample((changes, ids) =>
    {
        var disk = new TornDisk();
        var (file, state) = CatalogFile.Open(disk, Folder);
        foreach (var change in changes) { TryAppend(file, state, change); }

        for (var i = 1; i <= ids; i++) { TryAppend(file, state, new CatalogEntry { Kind = CatalogEntryKind.ProducerIdsReserved, NextProducerId = i * 1000 }); }

        file.Dispose();
        Assert.Equal(Show(state), Show(CatalogFile.Open(disk, Folder).State));
    });

    [Fact]
    public void A_crash_at_any_operation_leaves_the_last_durable_state_or_the_one_being_written() =>
        Gen.Select(Change.Array[1, 8], Gen.Int[0, 60], Gen.Int).Sample((changes, operations, seed) =>
        {
            var disk = new TornDisk();
            CatalogFile.Open(disk, Folder).File.Dispose();
            var before = Show(CatalogFile.Open(disk, Folder).State);
            var after = before;
            disk.CrashAfter(operations);
            try
            {
                var (file, state) = CatalogFile.Open(disk, Folder);
                foreach (var change in changes)
                {
                    var next = Read(CatalogFile.Encode(HeaderOf(state)), [.. state.ToEntries().Skip(1)]);
                    try
                    {
                        next.Apply(change);
                    }
                    catch (CatalogException)
                    {
                        continue;
                    }

                    after = Show(next);
                    file.Append(change);
                    state.Apply(change);
                    before = after;
                }
            }
            catch (TornDisk.CrashException)
            {
                // The machine is off now.
            }

            disk.Restart(seed);
            Assert.Contains(Show(CatalogFile.Open(disk, Folder).State), new[] { before, after });
        }, iter: 2_000);

    [Fact]
    public void A_torn_last_record_is_cut_and_damage_before_it_is_refused() => Gen.Select(Gen.Int[0, 10_000], Gen.Byte).Sample((position, value) =>
    {
        var (bytes, lastRecord, before) = Sample();
        position %= bytes.Length;
        if (bytes[position] == value) { return; }

        bytes[position] = value;
        var state = new CatalogState();
        if (position < lastRecord)
        {
            Assert.Contains("damaged", Assert.Throws<CatalogException>(() => CatalogFile.Replay(bytes, state)).Message);
        }
        else
        {
            CatalogFile.Replay(bytes, state);
            Assert.Equal(before, Show(state));
        }
    }, iter: 2_000);

    [Fact]
    public void A_file_cut_anywhere_in_its_last_record_loses_only_that_record()
    {
        var (bytes, lastRecord, before) = Sample();
        for (var length = lastRecord; length < bytes.Length; length++)
        {
            foreach (var zeros in new[] { 0, 1, 700 })
            {
                byte[] torn = [.. bytes[..length], .. new byte[zeros]];
                if (torn.AsSpan().StartsWith(bytes)) { continue; }

                var state = new CatalogState();
                CatalogFile.Replay(torn, state);
                Assert.Equal(before, Show(state));
            }
        }
    }

    [Fact]
    public void Random_and_mutated_bytes_throw_only_the_declared_exception() =>
        Gen.Select(Gen.Byte.Array[0, 80], Gen.Int[0, 3], Gen.Select(Gen.Int[0, 300], Gen.Byte).Array[0, 4]).Sample((random, kind, damage) =>
        {
            // Frames with a sound checksum around unsound contents reach the parser behind it.
            var payload = kind == 0 ? random : CatalogFile.Encode(SampleEntries()[kind])[8..];
            foreach (var (position, value) in damage) { if (payload.Length > 0) { payload[position % payload.Length] = value; } }

            var frame = new byte[8 + payload.Length];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), HsStream.Embedded.Broker.Log.Crc32C.Compute(payload));
            payload.CopyTo(frame, 8);
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var bytes in new[] { frame, [.. CatalogFile.Encode(SampleEntries()[0]), .. frame], random })
            {
                try
                {
                    CatalogFile.Replay(bytes, new CatalogState());
                }
                catch (CatalogException)
                {
                    // What the contract allows.
                }
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        }, iter: 20_000);

    [Fact]
    public void A_newer_format_is_refused_by_name()
    {
        var bytes = CatalogFile.Encode(new CatalogEntry { Kind = CatalogEntryKind.Header, FormatVersion = 2, Id = Id(1) });
        Assert.Contains("use a newer program", Assert.Throws<CatalogException>(() => CatalogFile.Replay(bytes, new CatalogState())).Message);
    }

    [Fact]
    public void A_file_of_the_first_version_still_loads()
    {
        var state = new CatalogState();
        CatalogFile.Replay(
            Convert.FromHexString(
                "00000016DB01DC4201000000010B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B00" + "0000000A1C11AD420600000000000007D000"
                + "0000002B700DD1F702010101010101010101010101010101010374310000000003020D726574656E74696F6E2E6D7302350000" + "00000009FA5F0CDA070202610262000100"),
            state);
        Assert.Equal("0b0b0b0b-0b0b-0b0b-0b0b-0b0b0b0b0b0b 2000 a=b  | 01010101-0101-0101-0101-010101010101 t1 False 3 retention.ms=5", Show(state));
    }

    [Fact]
    public void Superseded_records_are_dropped_when_the_file_is_opened()
    {
        var disk = new TornDisk();
        var (file, state) = CatalogFile.Open(disk, Folder);
        for (var i = 1; i <= 100; i++) { TryAppend(file, state, new CatalogEntry { Kind = CatalogEntryKind.ProducerIdsReserved, NextProducerId = i * 1000 }); }

        file.Dispose();
        var before = disk.OpenRead($"{Folder}/catalog.log").Length;
        CatalogFile.Open(disk, Folder).File.Dispose();
        Assert.InRange(disk.OpenRead($"{Folder}/catalog.log").Length, 1, before / 10);
    }

    private static Guid Id(int topic) => new([.. Enumerable.Repeat((byte)(topic + 1), 16)]);

    private static CatalogEntry HeaderOf(CatalogState state) => state.ToEntries().First();

    private static CatalogState Read(byte[] header, CatalogEntry[] rest)
    {
        var state = new CatalogState();
        CatalogFile.Replay((byte[])[.. header, .. rest.SelectMany(CatalogFile.Encode)], state);
        return state;
    }

    private static CatalogEntry[] SampleEntries() =>
    [
        new() { Kind = CatalogEntryKind.Header, FormatVersion = 1, Id = Id(10) },
        new() { Kind = CatalogEntryKind.TopicCreated, Id = Id(0), Name = "t1", Partitions = 3, Settings = [new() { Name = "retention.ms", Value = "5" }] },
        new() { Kind = CatalogEntryKind.BrokerConfigsSet, Settings = [new() { Name = "a", Value = "b" }] },
        new() { Kind = CatalogEntryKind.TopicCreated, Id = Id(1), Name = "t2", Partitions = 1 },
    ];

    private static (byte[] Bytes, int LastRecord, string Before) Sample()
    {
        var frames = SampleEntries().Select(CatalogFile.Encode).ToArray();
        byte[] bytes = [.. frames.SelectMany(frame => frame)];
        return (bytes, bytes.Length - frames[^1].Length, Show(Read(frames[0], SampleEntries()[1..^1])));
    }

    private static void TryAppend(CatalogFile file, CatalogState state, CatalogEntry entry)
    {
        try
        {
            state.Apply(entry);
            file.Append(entry);
        }
        catch (CatalogException)
        {
            // The model refuses what the catalog would never write.
        }
    }

    private static string Show(CatalogState state) =>
        $"{state.ClusterId} {state.NextProducerId} {Show(state.BrokerConfigs)} {Show(state.ClusterWideConfigs)}"
        + string.Concat(state.Topics.Values.OrderBy(t => t.Name).Select(t => $" | {t.Id} {t.Name} {t.IsInternal} {t.Partitions} {Show(t.Configs)}"));

    private static string Show(IReadOnlyDictionary<string, string> settings) => string.Join(',', settings.Select(s => $"{s.Key}={s.Value}"));
}
