using HsStream.Domain.Messages;
using HsStream.Streaming.Processing;

namespace HsStream.Streaming.Codecs;

/// <summary>Turns one kind of message into the bytes of a record and back: a zero byte, the registry's schema id, Avro.</summary>
/// <remarks>
/// Thread-safe. Writes with the schema of this build, registered under <c>TOPIC-value</c>. Reads what any schema wrote that Avro's
/// rules can resolve to this one. While the registry is away both wait and ask again, until they are cancelled.
/// </remarks>
public abstract class MessageCodec<T>
    where T : class
{
    [ThreadStatic]
    private static AvroWriter? _writer;

    private readonly RegistrySchemas _registry;
    private readonly MessageSchema _schema;

    private protected MessageCodec(RegistrySchemas registry, MessageSchema schema, MessageLimits limits)
    {
        _registry = registry;
        _schema = schema;
        Limits = limits;
    }

    /// <summary>The Avro name, such as <c>hsstream.HsPrediction</c>.</summary>
    public string SchemaName => _schema.FullName;

    /// <summary>The <c>ce_type</c> of records that carry it.</summary>
    public string EventType => _schema.FullName + ".v1";

    /// <summary>The schema as it is registered.</summary>
    public string SchemaText => _schema.Text;

    private protected MessageLimits Limits { get; }

    /// <summary>The record's key.</summary>
    public abstract string KeyOf(T message);

    /// <summary>The <c>ce_id</c>: the same for the same message.</summary>
    public abstract string IdOf(T message);

    /// <returns>The record's value.</returns>
    /// <exception cref="SchemaRefusedException">The registry will not have this schema.</exception>
    public ValueTask<byte[]> EncodeAsync(string topic, T message, CancellationToken cancellationToken)
    {
        return _registry.TryGetId(topic, _schema, out var id) ? new ValueTask<byte[]>(Encode(id, message)) : Slow();

        async ValueTask<byte[]> Slow() => Encode(await _registry.GetIdAsync(topic, _schema, cancellationToken), message);
    }

    /// <summary>Reads a record's value.</summary>
    /// <exception cref="RecordException">It can never be read, or breaks a rule.</exception>
    public ValueTask<T> DecodeAsync(string topic, byte[]? value, CancellationToken cancellationToken)
    {
        var id = MessageFrame.SchemaId(value);
        return _registry.TryGetWriter(id, _schema, out var writer) ? new ValueTask<T>(Decode(writer, value!)) : Slow();

        async ValueTask<T> Slow() => Decode(await _registry.GetWriterAsync(topic, id, _schema, cancellationToken), value!);
    }

    /// <summary>Reads a record, whose key must be the message's own.</summary>
    /// <exception cref="RecordException">It can never be read, or breaks a rule; the record is named.</exception>
    public ValueTask<T> DecodeAsync(InputRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        try
        {
            var decoding = DecodeAsync(record.Topic, record.Value, cancellationToken);
            return decoding.IsCompletedSuccessfully ? new ValueTask<T>(Checked(decoding.Result)) : Slow(decoding);
        }
        catch (RecordException e)
        {
            throw Named(e);
        }

        async ValueTask<T> Slow(ValueTask<T> decoding)
        {
            try
            {
                return Checked(await decoding);
            }
            catch (RecordException e)
            {
                throw Named(e);
            }
        }

        T Checked(T message)
        {
            var key = KeyOf(message);
            return MessageFrame.IsKey(record.Key, key) ? message
                : throw new RecordException(DeadLetterReasons.KeyMismatch, $"expected the key {MessageFrame.Show(key)}, got {MessageFrame.Show(record.Key)}");
        }

        RecordException Named(RecordException e) => new(e.Reason, e.Detail, record.Position);
    }

    internal byte[] Encode(int schemaId, T message)
    {
        var writer = _writer ??= new AvroWriter();
        writer.Clear();
        writer.WriteFrame(schemaId);
        Write(writer, message);
        return writer.Written.ToArray();
    }

    internal T Decode(WriterSchema writer, byte[] value)
    {
        try
        {
            var bytes = writer.ToReader(value.AsMemory(MessageFrame.HeaderBytes));
            var reader = new AvroReader(bytes.Span);
            var message = Read(ref reader);
            return reader.Left == 0 ? message : throw new AvroFormatException($"expected the end after byte {reader.Position}, got {reader.Left} more bytes");
        }
        catch (AvroFormatException e)
        {
            throw new RecordException(DeadLetterReasons.Unreadable, $"{SchemaName}: {e.Message}", e);
        }
    }

    private protected abstract void Write(AvroWriter writer, T message);

    private protected abstract T Read(ref AvroReader reader);
}
