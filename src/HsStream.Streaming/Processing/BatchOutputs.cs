using System.Text;
using Confluent.Kafka;
using HsStream.Domain.Messages;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.DeadLetters;
using HsStream.Streaming.Tracing;

namespace HsStream.Streaming.Processing;

/// <summary>What one call of the handler wants produced; nothing has been sent.</summary>
internal sealed class BatchOutputs(ProcessorOptions options, TimeProvider time) : IOutputs
{
    private readonly string _source = "hsstream/" + options.Stage;
    private readonly List<OutputRecord> _records = [];
    private readonly List<(InputRecord Record, string Reason)> _deadLetters = [];

    public IReadOnlyList<OutputRecord> Records => _records;

    public IReadOnlyList<(InputRecord Record, string Reason)> DeadLetters => _deadLetters;

    public ValueTask ProduceAsync<T>(string topic, MessageCodec<T> codec, T message, InputRecord cause, CancellationToken cancellationToken)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(codec);
        var encoding = codec.EncodeAsync(topic, message, cancellationToken);
        if (!encoding.IsCompletedSuccessfully) { return Slow(encoding); }
        Add(encoding.Result);
        return default;

        async ValueTask Slow(ValueTask<byte[]> pending) => Add(await pending);

        void Add(byte[] value)
        {
            var headers = RecordHeaders.Create(codec.IdOf(message), codec.EventType, _source, time.GetUtcNow(), RecordHeaders.Continue(cause.TraceParent));
            Produce(new OutputRecord(topic, Encoding.UTF8.GetBytes(codec.KeyOf(message)), value, headers), cause);
        }
    }

    public void Produce(OutputRecord record, InputRecord cause)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(cause);
        if (!record.Headers.TryGetLastBytes(RecordHeaders.TraceParentName, out _))
        {
            record.Headers.Add(RecordHeaders.TraceParentName, Encoding.ASCII.GetBytes(RecordHeaders.Continue(cause.TraceParent)));
        }

        if (record.Bytes > options.MaxOutputBytes)
        {
            throw new RecordException(DeadLetterReasons.OversizeRecord, $"expected an output of at most {options.MaxOutputBytes} bytes, got {record.Bytes}", cause.Position);
        }

        _records.Add(record);
    }

    public void DeadLetter(InputRecord record, string reason, string detail)
    {
        ArgumentNullException.ThrowIfNull(record);
        var letter = new DeadLetter
        {
            Origin = record.Position,
            Key = record.Key,
            Value = record.Value,
            Reason = DeadLetterReasons.All.Contains(reason) ? reason
                : throw new ArgumentException($"Expected one of {nameof(DeadLetterReasons)}, got {reason}.", nameof(reason)),
            Detail = detail,
            Stage = options.Stage,
            OriginTimestamp = record.Timestamp,
            FirstSeen = time.GetUtcNow(),
        };
        var output = DeadLetterRecord.Write(options.DeadLetterTopic, letter, record.Headers);
        Identify(output.Headers, record);
        _records.Add(output);
        _deadLetters.Add((record, reason));
    }

    public void Append(BatchOutputs other)
    {
        _records.AddRange(other._records);
        _deadLetters.AddRange(other._deadLetters);
    }

    /// <summary>A dead letter keeps the original's attributes; what the original lacks is added, so that every record has them.</summary>
    private void Identify(Headers headers, InputRecord record)
    {
        var own = RecordHeaders.Create(record.Position.ToString(), "hsstream.DeadLetter.v1", _source, time.GetUtcNow(), RecordHeaders.Continue(record.TraceParent));
        foreach (var header in own.Where(header => !headers.TryGetLastBytes(header.Key, out _))) { headers.Add(header.Key, header.GetValueBytes()); }
    }
}
