using System.Text;
using CsCheck;
using HsStream.Embedded.Broker.Log;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

public sealed class BatchFilterTests
{
    private const long Retention = 100;

    private static readonly Gen<CompactionModel.Step> Step = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 3], Gen.Int[0, 4].Array[1, 4], Gen.Int[0, 5], Gen.Enum<CompressionCodec>())
        .Select((kind, producer, keys, value, codec) => new CompactionModel.Step(kind, producer, keys, value, codec));

    [Fact]
    public void Compaction_changes_nothing_that_a_reader_can_rely_on() =>
        Gen.Select(Step.Array[1, 60], Gen.Int[1, 6]).Sample((steps, maxKeys) =>
        {
            var model = new CompactionModel(maxKeys, Retention);
            foreach (var step in steps) { model.Take(step); }
        }, iter: 1_000);

    [Fact]
    public void Only_the_newest_record_of_a_key_stays_at_its_offset()
    {
        var model = new CompactionModel(100, Retention);
        model.Append(keys: [("a", "1"), ("b", "1"), ("a", "2")]);
        model.Append(keys: [("b", "2"), ("c", "1")]);
        model.Clean();
        Assert.Equal("2:a=2 3:b=2 4:c=1", model.Show());
    }

    [Fact]
    public void A_tombstone_stays_for_its_retention_after_the_round_that_first_sees_it()
    {
        var model = new CompactionModel(100, Retention);
        model.Append(keys: [("a", "1")]);
        model.Append(keys: [("a", null), ("b", "1")]);
        model.Append(keys: [("z", "1")]);
        model.Clean();
        Assert.Equal("1:a=null 2:b=1 3:z=1", model.Show());
        model.NowMs += Retention - 1;
        model.Clean();
        Assert.Equal("1:a=null 2:b=1 3:z=1", model.Show());
        model.NowMs += 1;
        model.Clean();
        Assert.Equal("2:b=1 3:z=1", model.Show());
    }

    [Fact]
    public void Aborted_records_go_at_once_and_their_marker_after_the_retention()
    {
        var model = new CompactionModel(100, Retention);
        model.Append(keys: [("a", "1")]);
        model.Append(producer: 1, transactional: true, keys: [("a", "2")]);
        model.EndTransaction(1, commit: false);
        model.Append(producer: 1, keys: [("x", "1")]);
        model.Append(keys: [("z", "1")]);
        model.Clean();
        Assert.Equal("0:a=1 2:abort 3:x=1 4:z=1", model.Show());
        model.Clean();
        model.NowMs += Retention;
        model.Clean();
        Assert.Equal("0:a=1 3:x=1 4:z=1", model.Show());
    }

    [Fact]
    public void The_marker_of_a_committed_transaction_stays_as_long_as_its_records()
    {
        var model = new CompactionModel(100, Retention);
        model.Append(producer: 1, transactional: true, keys: [("a", "1")]);
        model.EndTransaction(1, commit: true);
        model.Append(producer: 1, keys: [("b", "1")]);
        model.Clean();
        model.NowMs += Retention;
        model.Clean();
        Assert.Equal("0:a=1 1:commit 2:b=1", model.Show());
        model.Append(keys: [("a", "2")]);
        model.Clean();
        model.Clean();
        model.NowMs += Retention;
        model.Clean();
        Assert.Equal("2:b=1 3:a=2", model.Show());
    }

    [Fact]
    public void The_last_batch_of_a_producer_stays_empty_with_its_sequences()
    {
        var model = new CompactionModel(100, Retention);
        model.Append(producer: 1, keys: [("a", "1"), ("b", "1")]);
        model.Append(keys: [("a", "2"), ("b", "2")]);
        model.Append(keys: [("z", "2")]);
        model.Clean();
        var batch = BatchHeader.Read(model.Batches[0]);
        Assert.Equal((0, 1, 0, 0, 1), (batch.BaseOffset, batch.LastOffset, batch.RecordCount, batch.BaseSequence, batch.LastSequence));
        Assert.Equal((1L, 61), (batch.ProducerId, model.Batches[0].Length));
    }

    [Fact]
    public void A_batch_that_loses_records_keeps_its_codec_its_headers_and_bytes_that_are_not_text()
    {
        foreach (var codec in Enum.GetValues<CompressionCodec>())
        {
            var records = new List<LogRecord>
            {
                new(0, 5, Encoding.UTF8.GetBytes("a"), new byte[] { 1 }),
                new(1, 9, new byte[] { 255, 254 }, new byte[] { 0, 128 }, [("h", new byte[] { 200 }), ("n", null)]),
            };
            var batch = RecordBatchBuilder.Build(new BatchSpec { Codec = codec }, records);
            var newest = new KeyMap(9);
            newest.Put("a"u8, 2);
            var filter = new BatchFilter(newest, 3, new CleanedTransactions([]), _ => false, -1, 0, 0);
            var kept = filter.Apply(BatchHeader.Read(batch), batch).Batch!.Value;
            var header = BatchHeader.Read(kept.Span);
            Assert.Equal((int)codec, header.CodecId);
            Assert.Equal(Crc32C.Compute(kept.Span[21..]), header.Crc);
            Assert.Equal((9, 9), (header.BaseTimestampMs, header.MaxTimestampMs));
            var record = Assert.Single(RecordReader.Read(kept));
            Assert.Equal((1, 9), (record.Offset, record.TimestampMs));
            Assert.Equal([0, 128], record.Value!.Value.ToArray());
            Assert.Equal([200], record.Headers![0].Value!.Value.ToArray());
            Assert.Null(record.Headers[1].Value);
        }
    }

    [Fact]
    public void Records_that_cannot_be_decoded_are_kept_as_they_are()
    {
        var odd = RecordBatchBuilder.Build([(Encoding.UTF8.GetBytes("a"), new byte[] { 1 })], 5);
        odd[61] ^= 0x55;
        var header = BatchHeader.Read(odd);
        var index = CompactionIndex.Build([(header, odd)], 0, 9, [], 100);
        var filter = new BatchFilter(index.Newest, index.End, new CleanedTransactions([]), _ => false, -1, 0, 0);
        Assert.Equal(odd, filter.Apply(header, odd).Batch!.Value.ToArray());
    }

    [Fact]
    public void The_key_map_agrees_with_a_dictionary() => Gen.Select(Gen.Int[0, 5_000], Gen.Long[0, 1_000_000]).Array[0, 20_000].Sample((puts) =>
    {
        var map = new KeyMap(int.MaxValue);
        var model = new Dictionary<int, long>();
        foreach (var (key, offset) in puts)
        {
            map.Put(BitConverter.GetBytes(key), offset);
            model[key] = offset;
        }

        Assert.Equal(model.Count, map.Count);
        for (var key = 0; key <= 5_001; key++) { Assert.Equal(model.GetValueOrDefault(key, -1), map.Find(BitConverter.GetBytes(key))); }
    }, iter: 5);
}
