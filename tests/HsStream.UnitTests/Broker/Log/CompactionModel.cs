using System.Buffers.Binary;
using System.Text;
using HsStream.Embedded.Broker.Log;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

/// <summary>A partition as a list of batches, compacted round by round, beside what its readers must see.</summary>
internal sealed class CompactionModel(int maxKeys, long deleteRetentionMs)
{
    private readonly Dictionary<long, (short Epoch, int Sequence, long LastData, long First)> _producers = [];
    private readonly ReaderModel _readers = new(deleteRetentionMs);
    private List<AbortedEntry> _aborted = [];
    private long _clean;

    /// <param name="Kind">0-3 plain batch, 4-6 transactional batch, 7 commit, 8 abort, 9 clean.</param>
    internal sealed record Step(int Kind, int Producer, int[] Keys, int Value, CompressionCodec Codec);

    public List<byte[]> Batches { get; private set; } = [];

    public long NowMs { get; set; } = 1_000;

    public long EndOffset { get; set; }

    public void Take(Step step)
    {
        NowMs += 7 * step.Value;
        (string, string?)[] records = [.. step.Keys.Select(key => ($"k{key}", step.Value == 0 ? null : $"v{step.Value}-{EndOffset}"))];
        switch (step.Kind)
        {
            case <= 3 when step.Producer == 0 || Producer(step.Producer).First < 0:
                Append(step.Producer, false, step.Codec, records);
                break;
            case >= 4 and <= 6 when step.Producer > 0:
                Append(step.Producer, true, step.Codec, records);
                break;
            case 7 or 8 when step.Producer > 0:
                EndTransaction(step.Producer, step.Kind == 7);
                break;
            case 9:
                Clean();
                break;
        }
    }

    public void Append(int producer = 0, bool transactional = false, CompressionCodec codec = default, params (string Key, string? Value)[] keys)
    {
        var spec = new BatchSpec { BaseOffset = EndOffset, Codec = codec, Transactional = transactional };
        if (producer > 0)
        {
            var (epoch, sequence, _, first) = Producer(producer);
            spec = spec with { ProducerId = producer, ProducerEpoch = epoch, BaseSequence = sequence };
            _producers[producer] = (epoch, sequence + keys.Length, EndOffset + keys.Length - 1, transactional && first < 0 ? EndOffset : first);
        }

        Batches.Add(RecordBatchBuilder.Build(
            spec, [.. keys.Select((record, i) => new LogRecord(EndOffset + i, NowMs, Encoding.UTF8.GetBytes(record.Key), record.Value is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(record.Value)))]));
        foreach (var (key, value) in keys) { _readers.Add(EndOffset++, key, value, producer, transactional); }
    }

    public void EndTransaction(int producer, bool commit)
    {
        var (epoch, sequence, last, first) = Producer(producer);
        var marker = RecordBatchBuilder.BuildMarker(producer, epoch, commit, 0, NowMs);
        BinaryPrimitives.WriteInt64BigEndian(marker, EndOffset);
        Batches.Add(marker);
        if (first >= 0 && !commit) { _aborted.Add(new AbortedEntry(producer, first, EndOffset, EndOffset + 1)); }

        _producers[producer] = (epoch, sequence, last, -1);
        EndOffset++;
        _readers.End(producer, commit);
    }

    /// <summary>One round over everything below the last stable offset, with every promise checked.</summary>
    public void Clean()
    {
        var to = Stable;
        var index = CompactionIndex.Build(Batches.Select(batch => (BatchHeader.Read(batch), (ReadOnlyMemory<byte>)batch)), _clean, to, _aborted, maxKeys);
        var filter = new BatchFilter(index.Newest, index.End, new CleanedTransactions(_aborted), IsLast, to - 1, NowMs, deleteRetentionMs);
        var kept = new List<byte[]>();
        var aborted = new List<AbortedEntry>();
        foreach (var batch in Batches)
        {
            var header = BatchHeader.Read(batch);
            if (header.BaseOffset >= to)
            {
                kept.Add(batch);
                continue;
            }

            var (result, entry) = filter.Apply(header, batch);
            if (entry is { } abort) { aborted.Add(abort); }

            if (result is not { } bytes) { continue; }

            var after = BatchHeader.Read(bytes.Span);
            Assert.Equal((header.BaseOffset, header.LastOffset, header.BaseSequence, header.ProducerId, header.ProducerEpoch), (after.BaseOffset, after.LastOffset, after.BaseSequence, after.ProducerId, after.ProducerEpoch));
            Assert.Equal(Crc32C.Compute(bytes.Span[21..]), after.Crc);
            kept.Add(bytes.ToArray() is var copy && copy.AsSpan().SequenceEqual(batch) ? batch : copy);
        }

        Assert.True(index.End > _clean || to <= _clean, "A round made no progress.");
        _clean = index.End;
        _aborted = [.. aborted, .. _aborted.Where(entry => entry.MarkerOffset >= to)];
        Batches = kept;
        _readers.Check(ReadCommitted().Select(record => (record.Offset, Text(record.Key), Text(record.Value))), Stable, NowMs);
        foreach (var (id, producer) in _producers.Where(producer => producer.Value.LastData >= 0))
        {
            Assert.Contains(Batches.Select(batch => BatchHeader.Read(batch)), header => header.ProducerId == id && !header.IsControl && header.LastOffset == producer.LastData
                && header.LastSequence == producer.Sequence - 1);
        }
    }

    public string Show() => string.Join(' ', Batches.SelectMany(batch => BatchHeader.Read(batch).IsControl
        ? RecordReader.Read(batch).Select(record => $"{record.Offset}:{(record.Key!.Value.Span[3] == 1 ? "commit" : "abort")}")
        : RecordReader.Read(batch).Select(Show)));

    private (short Epoch, int Sequence, long LastData, long First) Producer(long id) => _producers.GetValueOrDefault(id, ((short)0, 0, -1L, -1L));

    private bool IsLast(BatchHeader header) => Producer(header.ProducerId) is var producer
        && (producer.LastData >= 0 ? producer.LastData == header.LastOffset : header.IsControl && header.ProducerEpoch == producer.Epoch);

    private long Stable => _producers.Values.Select(producer => producer.First).Where(first => first >= 0).DefaultIfEmpty(EndOffset).Min();

    /// <summary>What a read_committed client sees of these bytes and the list of aborted transactions.</summary>
    private List<LogRecord> ReadCommitted()
    {
        var records = new List<LogRecord>();
        var upcoming = new Queue<AbortedEntry>(_aborted.OrderBy(entry => entry.FirstOffset));
        var abortedNow = new HashSet<long>();
        foreach (var batch in Batches)
        {
            var header = BatchHeader.Read(batch);
            if (header.BaseOffset >= Stable) { break; }

            while (upcoming.TryPeek(out var entry) && entry.FirstOffset <= header.LastOffset) { abortedNow.Add(upcoming.Dequeue().ProducerId); }

            if (header.IsControl)
            {
                if (RecordReader.MarkerOf(batch) == false) { abortedNow.Remove(header.ProducerId); }
            }
            else if (!header.IsTransactional || !abortedNow.Contains(header.ProducerId)) { records.AddRange(RecordReader.Read(batch)); }
        }

        return records;
    }

    private static string Show(LogRecord record) => $"{record.Offset}:{Text(record.Key)}={Text(record.Value) ?? "null"}";

    private static string? Text(ReadOnlyMemory<byte>? bytes) => bytes is { } present ? Encoding.UTF8.GetString(present.Span) : null;
}
