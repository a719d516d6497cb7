using System.Buffers.Binary;
using System.Text;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Decodes the records of version 2 batches, whatever their compression.</summary>
/// <remarks>
/// Every method throws <see cref="InvalidRecordException"/>, and nothing else, for bytes that are not a batch. The CRC is the
/// caller's to check. Keys and values of an uncompressed batch are slices of the bytes given.
/// </remarks>
internal static class RecordReader
{
    /// <summary>Bound for one batch's records after decompression, so that a small hostile batch cannot fill the memory.</summary>
    public const int DefaultMaxDecompressedBytes = 128 * 1024 * 1024;

    /// <summary>Length, attributes, two deltas, key and value length and header count take at least a byte each.</summary>
    private const int MinRecordBytes = 7;

    /// <summary>Decodes one batch.</summary>
    public static List<LogRecord> Read(ReadOnlyMemory<byte> batch, int maxDecompressedBytes = DefaultMaxDecompressedBytes)
    {
        var cursor = Open(batch, maxDecompressedBytes);
        var records = new List<LogRecord>(cursor.Count);
        while (cursor.MoveNext()) { records.Add(cursor.Current()); }

        return records;
    }

    /// <summary>Decodes batches that lie one behind the other, as a fetch returns them; a cut-off last batch is left out.</summary>
    public static IEnumerable<LogRecord> ReadAll(ReadOnlyMemory<byte> batches)
    {
        while (batches.Length >= BatchLayout.Records)
        {
            var size = SizeOnWire(batches.Span);
            if (size > batches.Length) { yield break; }

            foreach (var record in Read(batches[..size])) { yield return record; }

            batches = batches[size..];
        }
    }

    /// <summary>Indexes in the batch of the records without a key; values are skipped, not decoded.</summary>
    public static List<int> IndexesWithoutKey(
        ReadOnlyMemory<byte> batch, int maxDecompressedBytes = DefaultMaxDecompressedBytes)
    {
        var indexes = new List<int>();
        var cursor = Open(batch, maxDecompressedBytes);
        for (var index = 0; cursor.MoveNext(); index++)
        {
            if (!cursor.HasKey) { indexes.Add(index); }
        }

        return indexes;
    }

    /// <summary>The batch's first record with a timestamp of at least <paramref name="timestampMs"/>, or null.</summary>
    public static (long Offset, long TimestampMs)? FirstAtOrAfter(ReadOnlyMemory<byte> batch, long timestampMs)
    {
        var cursor = Open(batch);
        while (cursor.MoveNext())
        {
            if (cursor.TimestampMs >= timestampMs) { return (cursor.Offset, cursor.TimestampMs); }
        }

        return null;
    }

    /// <summary>What a control batch says.</summary>
    /// <returns>True for a commit, false for an abort, null for an empty batch or another control record.</returns>
    public static bool? MarkerOf(ReadOnlyMemory<byte> batch)
    {
        var cursor = Open(batch);
        return !cursor.MoveNext() || cursor.Key is not { Length: >= 4 } key ? null
            : BinaryPrimitives.ReadInt16BigEndian(key.Span[2..]) switch
            {
                0 => false,
                1 => true,
                _ => null,
            };
    }

    /// <summary>Decompresses the batch and stands before its first record.</summary>
    public static RecordCursor Open(ReadOnlyMemory<byte> batch, int maxDecompressedBytes = DefaultMaxDecompressedBytes)
    {
        var header = batch.Span;
        if (header.Length < BatchLayout.Records || SizeOnWire(header) != header.Length)
        {
            throw new InvalidRecordException($"Expected one whole batch, got {header.Length} bytes.");
        }

        if (header[BatchLayout.Magic] != BatchLayout.CurrentMagic)
        {
            throw new InvalidRecordException($"Expected a batch of version {BatchLayout.CurrentMagic}, got {header[BatchLayout.Magic]}.");
        }

        var codec = (CompressionCodec)(BinaryPrimitives.ReadInt16BigEndian(header[BatchLayout.Attributes..]) & BatchLayout.CodecMask);
        var count = BinaryPrimitives.ReadInt32BigEndian(header[BatchLayout.RecordCount..]);
        var body = batch[BatchLayout.Records..];

        // Compaction leaves empty batches behind; their codec bits say nothing.
        var records = body.Length == 0 ? body : Compression.Decompress(codec, body, maxDecompressedBytes);
        return count >= 0 && count <= records.Length / MinRecordBytes
            ? new RecordCursor(header, records, count)
            : throw new InvalidRecordException($"{records.Length} bytes cannot hold {count} records.");
    }

    private static int SizeOnWire(ReadOnlySpan<byte> batch)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(batch[BatchLayout.BatchLength..]);
        return length is >= BatchLayout.Records - BatchLayout.LengthOverhead and <= int.MaxValue - BatchLayout.LengthOverhead
            ? length + BatchLayout.LengthOverhead
            : throw new InvalidRecordException($"A batch length of {length} is impossible.");
    }

    /// <summary>Walks the records of one batch without copying them.</summary>
    internal struct RecordCursor
    {
        private readonly ReadOnlyMemory<byte> _records;
        private readonly long _baseOffset;
        private readonly long _baseTimestamp;
        private readonly long _appendTime;
        private readonly int _lastOffsetDelta;
        private int _next;
        private int _left;
        private int _previousDelta = -1;
        private int _body;
        private (int Start, int Length) _key;
        private (int Start, int Length) _value;
        private (int Start, int Count) _headers;

        internal RecordCursor(ReadOnlySpan<byte> header, ReadOnlyMemory<byte> records, int count)
        {
            var attributes = BinaryPrimitives.ReadInt16BigEndian(header[BatchLayout.Attributes..]);
            _records = records;
            _left = count;
            _baseOffset = BinaryPrimitives.ReadInt64BigEndian(header);
            _lastOffsetDelta = BinaryPrimitives.ReadInt32BigEndian(header[BatchLayout.LastOffsetDelta..]);
            _baseTimestamp = BinaryPrimitives.ReadInt64BigEndian(header[BatchLayout.BaseTimestamp..]);
            _appendTime = (attributes & BatchLayout.LogAppendTimeBit) != 0
                ? BinaryPrimitives.ReadInt64BigEndian(header[BatchLayout.MaxTimestamp..])
                : -1;
            Count = count;
        }

        /// <summary>Number of records that the header promises; <see cref="MoveNext"/> returns as many or throws.</summary>
        public int Count { get; }

        public long Offset { get; private set; }

        public long TimestampMs { get; private set; }

        public readonly bool HasKey => _key.Length >= 0;

        public readonly bool HasValue => _value.Length >= 0;

        public readonly ReadOnlyMemory<byte>? Key => Slice(_key);

        public readonly ReadOnlyMemory<byte>? Value => Slice(_value);

        /// <summary>The current record as it lies in the batch, but for its two deltas.</summary>
        public readonly RecordBody Body => new(Offset, TimestampMs, _records[_body.._next]);

        public readonly LogRecord Current() => new(Offset, TimestampMs, Key, Value, ReadHeaders());

        public bool MoveNext()
        {
            var span = _records.Span;
            if (_left == 0)
            {
                return _next == span.Length
                    ? false
                    : throw new InvalidRecordException($"{span.Length - _next} bytes follow the last record.");
            }

            _left--;
            var length = ReadInt(span, ref _next);
            if (length < MinRecordBytes - 1 || length > span.Length - _next)
            {
                throw new InvalidRecordException($"A record of {length} bytes does not fit the {span.Length - _next} that are left.");
            }

            var end = _next + length;
            Parse(span[..end], _next + 1);
            _next = end;
            return true;
        }

        private void Parse(ReadOnlySpan<byte> span, int position)
        {
            if (!Varint.TryReadLong(span, ref position, out var timestampDelta))
            {
                throw new InvalidRecordException("A record's timestamp is malformed.");
            }

            var offsetDelta = ReadInt(span, ref position);
            if (offsetDelta <= _previousDelta || offsetDelta > _lastOffsetDelta)
            {
                throw new InvalidRecordException(
                    $"Offset delta {offsetDelta} follows {_previousDelta} in a batch whose last is {_lastOffsetDelta}.");
            }

            _previousDelta = offsetDelta;
            Offset = unchecked(_baseOffset + offsetDelta);
            TimestampMs = _appendTime >= 0 ? _appendTime : unchecked(_baseTimestamp + timestampDelta);
            _body = position;
            _key = SkipBytes(span, ref position);
            _value = SkipBytes(span, ref position);
            var headers = ReadInt(span, ref position);
            if (headers < 0 || headers > (span.Length - position) / 2)
            {
                throw new InvalidRecordException($"{span.Length - position} bytes cannot hold {headers} headers.");
            }

            _headers = (position, headers);
            for (var i = 0; i < headers; i++)
            {
                if (SkipBytes(span, ref position).Length < 0) { throw new InvalidRecordException("A header has no key."); }

                SkipBytes(span, ref position);
            }

            if (position != span.Length) { throw new InvalidRecordException($"A record is {span.Length - position} bytes too long."); }
        }

        private readonly List<(string Key, ReadOnlyMemory<byte>? Value)>? ReadHeaders()
        {
            if (_headers.Count == 0) { return null; }

            var span = _records.Span;
            var position = _headers.Start;
            var headers = new List<(string, ReadOnlyMemory<byte>?)>(_headers.Count);
            for (var i = 0; i < _headers.Count; i++)
            {
                var (start, length) = SkipBytes(span, ref position);
                headers.Add((Encoding.UTF8.GetString(span.Slice(start, length)), Slice(SkipBytes(span, ref position))));
            }

            return headers;
        }

        private readonly ReadOnlyMemory<byte>? Slice((int Start, int Length) part) =>
            part.Length >= 0 ? _records.Slice(part.Start, part.Length) : (ReadOnlyMemory<byte>?)null;

        /// <returns>Length -1 for null; any negative length means null, as in Apache Kafka.</returns>
        private static (int Start, int Length) SkipBytes(ReadOnlySpan<byte> span, ref int position)
        {
            var length = ReadInt(span, ref position);
            if (length < 0) { return (position, -1); }

            if (length > span.Length - position)
            {
                throw new InvalidRecordException($"A field of {length} bytes does not fit the {span.Length - position} that are left.");
            }

            var start = position;
            position += length;
            return (start, length);
        }

        private static int ReadInt(ReadOnlySpan<byte> span, ref int position) =>
            Varint.TryReadInt(span, ref position, out var value)
                ? value
                : throw new InvalidRecordException("A record's length or count is malformed.");
    }
}
