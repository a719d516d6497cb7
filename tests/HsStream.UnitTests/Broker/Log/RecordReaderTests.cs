using System.Buffers.Binary;
using System.Text;
using CsCheck;
using HsStream.Embedded.Broker.Log;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

public sealed class RecordReaderTests
{
    private static readonly Gen<ReadOnlyMemory<byte>?> Bytes =
        Gen.OneOf(Gen.Byte.Array[0, 60].Select(bytes => (ReadOnlyMemory<byte>?)bytes), Gen.Const((ReadOnlyMemory<byte>?)null));

    private static readonly Gen<(string Key, ReadOnlyMemory<byte>? Value)> Header = Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 0, 9], Bytes);

    private static readonly Gen<List<LogRecord>> Records =
        Gen.Select(Gen.Int[0, 3], Gen.Long[-1, 4_000_000_000_000], Bytes, Bytes, Header.List[0, 3]).List[1, 20].Select(parts =>
        {
            var offset = 0L;
            return parts.ConvertAll(part =>
                new LogRecord((offset += 1 + part.Item1) - 1, part.Item2, part.Item3, part.Item4, part.Item5.Count == 0 ? null : part.Item5));
        });

    private static readonly Gen<CompressionCodec> Codec = Gen.Enum<CompressionCodec>();

    [Fact]
    public void Records_read_back_as_they_were_built_with_every_codec() =>
        Gen.Select(Records, Codec, Gen.Long[0, long.MaxValue / 2]).Sample((records, codec, baseOffset) =>
        {
            var batch = RecordBatchBuilder.Build(new BatchSpec { Codec = codec }, records);
            BinaryPrimitives.WriteInt64BigEndian(batch, baseOffset);
            Assert.Equal(Show(records.ConvertAll(record => record with { Offset = record.Offset + baseOffset })), Show(RecordReader.Read(batch)));
        });

    [Fact]
    public void A_batch_has_the_header_that_Kafka_defines()
    {
        var batch = RecordBatchBuilder.Build([(Text("k"), Text("v")), (null, Text("w"))], 1_700_000_000_000, 7, 3, 12, transactional: true);

        // Record 1: length 8, attributes 0, timestamp delta 0, offset delta 0, "k", "v", no headers; record 2: null key is length -1.
        Assert.Equal("1000000002" + "6B" + "02" + "76" + "00" + "0E000002" + "01" + "02" + "77" + "00", Convert.ToHexString(batch.AsSpan(61)));
        Assert.Equal(
            "0000000000000000" + "00000042" + "00000000" + "02" + Convert.ToHexString(batch.AsSpan(17, 4)) + "0010" + "00000001"
            + "0000018BCFE56800" + "0000018BCFE56800" + "0000000000000007" + "0003" + "0000000C" + "00000002",
            Convert.ToHexString(batch.AsSpan(0, 61)));
        Assert.Equal(Crc32C.Compute(batch.AsSpan(21)), BinaryPrimitives.ReadUInt32BigEndian(batch.AsSpan(17)));
    }

    [Fact]
    public void The_checksum_is_Castagnolis() => Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));

    [Fact]
    public void A_marker_has_Kafkas_78_bytes()
    {
        var marker = RecordBatchBuilder.BuildMarker(9, 1, commit: true, coordinatorEpoch: 5, timestampMs: 10);
        Assert.Equal(78, marker.Length);
        Assert.Equal(0x30, marker[22]);
        var record = Assert.Single(RecordReader.Read(marker));
        Assert.Equal("00000001", Convert.ToHexString(record.Key!.Value.Span));
        Assert.Equal("000000000005", Convert.ToHexString(record.Value!.Value.Span));
    }

    [Fact]
    public void Snappy_in_the_Java_clients_blocks_is_read()
    {
        var records = Enumerable.Range(0, 50).Select(i => new LogRecord(i, 1000 + i, Text($"key{i}"), Text(new string('v', i)))).ToList();
        var plain = RecordBatchBuilder.Build(new BatchSpec(), records);
        byte[] header = [.. plain[..61]];
        header[22] |= (byte)CompressionCodec.Snappy;
        byte[] framed = [0x82, .. "SNAPPY\0"u8, 0, 0, 0, 1, 0, 0, 0, 1];
        foreach (var chunk in plain.AsSpan(61).ToArray().Chunk(100))
        {
            var block = Snappier.Snappy.CompressToArray(chunk);
            framed = [.. framed, 0, 0, 0, (byte)block.Length, .. block];
        }

        byte[] batch = [.. header, .. framed];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - 12);
        Assert.Equal(Show(records), Show(RecordReader.Read(batch)));
    }

    [Fact]
    public void A_log_append_time_replaces_every_records_own()
    {
        var batch = RecordBatchBuilder.Build(new BatchSpec { LogAppendTimeMs = 77 }, [new(0, 1, Text("a"), null), new(1, 2, Text("b"), null)]);
        Assert.All(RecordReader.Read(batch), record => Assert.Equal(77, record.TimestampMs));
    }

    [Fact]
    public void Records_without_a_key_are_found_by_index() =>
        Gen.Select(Records, Codec).Sample((records, codec) =>
            Assert.Equal(
                Enumerable.Range(0, records.Count).Where(i => records[i].Key is null),
                RecordReader.IndexesWithoutKey(RecordBatchBuilder.Build(new BatchSpec { Codec = codec }, records))));

    [Fact]
    public void The_first_record_at_or_after_a_time_is_found()
    {
        var batch = RecordBatchBuilder.Build(new BatchSpec { Codec = CompressionCodec.Gzip }, [new(0, 10, null, null), new(1, 30, null, null), new(2, 20, null, null)]);
        Assert.Equal((1, 30), RecordReader.FirstAtOrAfter(batch, 11));
        Assert.Equal((0, 10), RecordReader.FirstAtOrAfter(batch, 10));
        Assert.Null(RecordReader.FirstAtOrAfter(batch, 31));
    }

    [Fact]
    public void A_small_batch_that_would_fill_the_memory_is_refused()
    {
        foreach (var codec in Enum.GetValues<CompressionCodec>().Where(codec => codec != CompressionCodec.None))
        {
            var bomb = RecordBatchBuilder.Build(new BatchSpec { Codec = codec }, [new(0, 0, null, new byte[8_000_000])]);
            Assert.True(bomb.Length < 500_000);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Contains("larger than 1000000 bytes", Assert.Throws<InvalidRecordException>(() => RecordReader.Read(bomb, 1_000_000)).Message);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
        }
    }

    [Fact]
    public void Damaged_batches_throw_only_the_declared_exception() =>
        Gen.Select(Records, Codec, Gen.Select(Gen.Int[8, 600], Gen.Byte).Array[1, 8], Gen.Int[-1, 400]).Sample((records, codec, damage, cut) =>
        {
            var batch = RecordBatchBuilder.Build(new BatchSpec { Codec = codec }, records);
            foreach (var (position, value) in damage) { batch[position % batch.Length] = value; }

            if (cut >= 0) { batch = batch[..(cut % batch.Length)]; }

            OnlyDeclared(batch);

            // And once more with a length that fits, so that the records are reached.
            if (batch.Length >= 61)
            {
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - 12);
                batch[16] = 2;
                OnlyDeclared(batch);
            }
        }, iter: 20_000);

    [Fact]
    public void Random_bytes_behind_a_sound_header_throw_only_the_declared_exception() =>
        Gen.Select(Gen.Byte.Array[0, 200], Codec, Gen.Int[0, 30]).Sample((body, codec, count) =>
        {
            byte[] batch = [.. RecordBatchBuilder.Build(new BatchSpec { LastOffsetDelta = 30 }, []), .. body];
            batch[22] = (byte)codec;
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), count);
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - 12);
            OnlyDeclared(batch);
        }, iter: 20_000);

    [Fact]
    public void Variable_length_integers_round_trip() =>
        Gen.OneOf(Gen.Long, Gen.Long[-70_000, 70_000]).Sample(value =>
        {
            var bytes = new byte[Varint.MaxBytes];
            var written = Varint.Write(bytes, value);
            var position = 0;
            Assert.Equal(Varint.Size(value), written);
            Assert.True(Varint.TryReadLong(bytes.AsSpan(0, written), ref position, out var read));
            Assert.Equal((value, written), (read, position));
        });

    private static void OnlyDeclared(byte[] batch)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            RecordReader.Read(batch, 1_000_000);
        }
        catch (InvalidRecordException)
        {
            // What the contract allows.
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16_000_000);
    }

    private static ReadOnlyMemory<byte> Text(string text) => Encoding.UTF8.GetBytes(text);

    private static string Show(List<LogRecord> records) => string.Join('\n', records.Select(record =>
        $"{record.Offset} {record.TimestampMs} {Show(record.Key)} {Show(record.Value)} "
        + string.Join(',', (record.Headers ?? []).Select(header => $"{header.Key}={Show(header.Value)}"))));

    private static string Show(ReadOnlyMemory<byte>? bytes) => bytes is { } present ? "x" + Convert.ToHexString(present.Span) : "null";
}
