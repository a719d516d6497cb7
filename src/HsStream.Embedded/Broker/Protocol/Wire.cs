using HsStream.Embedded.Broker.Log;

namespace HsStream.Embedded.Broker.Protocol;

/// <summary>Part of a message: lists its fields once, in wire order, for reading and writing alike.</summary>
internal interface IWireStruct
{
    void Visit(Wire wire);
}

/// <summary>Walks the fields of a message in one version, and reads or writes each.</summary>
/// <remarks>
/// Sizes and layouts: Kafka protocol guide, "Protocol Primitive Types"; compact forms and tag buffers: KIP-482.
/// A field that a version lacks is simply not visited, so it keeps its initial value.
/// </remarks>
internal abstract class Wire
{
    /// <summary>The request's API version; of requests and responses alike.</summary>
    public short Version { get; protected set; }

    /// <summary>Compact lengths and tag buffers are in use.</summary>
    public bool Flexible { get; protected set; }

    public abstract bool Reading { get; }

    public abstract void Bool(ref bool value);

    public abstract void Int8(ref sbyte value);

    public abstract void Int16(ref short value);

    public abstract void Int32(ref int value);

    public abstract void Int64(ref long value);

    public abstract void Uuid(ref Guid value);

    public abstract void NullableString(ref string? value);

    public abstract void NullableBytes(ref ReadOnlyMemory<byte>? value);

    /// <summary>A length-prefixed run of record batches; read as a <see cref="MemoryRecords"/> inside the request's own buffer.</summary>
    public abstract void NullableRecords(ref RecordSet? value);

    /// <summary>The tag buffer that ends every structure of a flexible version: none written, all skipped when read.</summary>
    public abstract void Tags();

    /// <summary>Element count, -1 for a null array. Reading checks it against the bytes that are left.</summary>
    protected abstract void ArrayLength(ref int count);

    public void String(ref string value)
    {
        string? text = value;
        NullableString(ref text);
        value = text ?? throw new ProtocolException("A string that must not be null is null.");
    }

    public void Bytes(ref ReadOnlyMemory<byte> value)
    {
        ReadOnlyMemory<byte>? bytes = value;
        NullableBytes(ref bytes);
        value = bytes ?? throw new ProtocolException("Bytes that must not be null are null.");
    }

    public void Error(ref ErrorCode value)
    {
        var code = (short)value;
        Int16(ref code);
        value = (ErrorCode)code;
    }

    public void Array<T>(ref List<T> items)
        where T : IWireStruct, new()
    {
        List<T>? list = items;
        NullableArray(ref list);
        items = list ?? throw new ProtocolException("An array that must not be null is null.");
    }

    public void NullableArray<T>(ref List<T>? items)
        where T : IWireStruct, new()
    {
        var count = items?.Count ?? -1;
        ArrayLength(ref count);
        if (Reading) { items = count < 0 ? null : new List<T>(Math.Min(count, 1024)); }
        for (var i = 0; i < count; i++)
        {
            if (Reading) { items!.Add(new T()); }
            items![i].Visit(this);
            Tags();
        }
    }

    public void Int32Array(ref List<int> items)
    {
        var count = items.Count;
        ArrayLength(ref count);
        if (Reading) { items = new List<int>(Math.Max(0, Math.Min(count, 1024))); }
        for (var i = 0; i < count; i++)
        {
            var value = Reading ? 0 : items[i];
            Int32(ref value);
            if (Reading) { items.Add(value); }
        }
    }

    public void Int64Array(ref List<long> items)
    {
        var count = items.Count;
        ArrayLength(ref count);
        if (Reading) { items = new List<long>(Math.Max(0, Math.Min(count, 1024))); }
        for (var i = 0; i < count; i++)
        {
            var value = Reading ? 0 : items[i];
            Int64(ref value);
            if (Reading) { items.Add(value); }
        }
    }

    public void StringArray(ref List<string> items)
    {
        List<string>? list = items;
        NullableStringArray(ref list);
        items = list ?? throw new ProtocolException("An array that must not be null is null.");
    }

    public void NullableStringArray(ref List<string>? items)
    {
        var count = items?.Count ?? -1;
        ArrayLength(ref count);
        if (Reading) { items = count < 0 ? null : new List<string>(Math.Min(count, 1024)); }
        for (var i = 0; i < count; i++)
        {
            var value = Reading ? string.Empty : items![i];
            String(ref value);
            if (Reading) { items!.Add(value); }
        }
    }
}

/// <summary>Bytes from outside that are not a message of this protocol; the connection they came on is closed.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
