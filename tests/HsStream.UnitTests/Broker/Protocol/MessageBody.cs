using System.Collections;
using System.Globalization;
using System.Reflection;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.UnitTests.Broker.Protocol;

/// <summary>Reads, writes, fills and lists messages by reflection, so that a test can speak of all of them at once.</summary>
internal static class MessageBody
{
    public static void Read(IWireStruct message, ApiInfo api, short version, Memory<byte> body)
    {
        var reader = new WireReader(body);
        reader.Begin(version, api.IsFlexible(version));
        message.Visit(reader);
        reader.Tags();
        if (reader.Remaining > 0) { throw new ProtocolException($"{reader.Remaining} bytes left."); }
    }

    public static byte[] Write(IWireStruct message, ApiInfo api, short version)
    {
        using var writer = new WireWriter();
        writer.Begin(version, api.IsFlexible(version));
        message.Visit(writer);
        writer.Tags();
        return writer.Written.ToArray();
    }

    /// <summary>Every leaf value below the message, with the name of the field that holds it.</summary>
    public static IEnumerable<(string Name, string Value)> Leaves(object message) =>
        message.GetType().GetFields().SelectMany(field => Leaves(field.Name, field.GetValue(message)));

    /// <summary>Gives every field a random value: null where the field may be null, arrays of 0 to 2 elements.</summary>
    public static T Fill<T>(T message, Random random)
        where T : IWireStruct
    {
        var nullability = new NullabilityInfoContext();
        foreach (var field in message.GetType().GetFields())
        {
            var mayBeNull = nullability.Create(field).ReadState == NullabilityState.Nullable;
            field.SetValue(message, mayBeNull && random.Next(4) == 0 ? null : Value(field.FieldType, random));
        }

        return message;
    }

    private static object Value(Type type, Random random)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying) { type = underlying; }
        if (type.IsEnum) { return Enum.ToObject(type, (short)random.Next(short.MinValue, short.MaxValue + 1)); }
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>))
        {
            var list = (IList)Activator.CreateInstance(type)!;
            for (var left = random.Next(3); left > 0; left--) { list.Add(Value(type.GenericTypeArguments[0], random)); }
            return list;
        }

        return type switch
        {
            _ when type == typeof(bool) => random.Next(2) == 1,
            _ when type == typeof(sbyte) => (sbyte)random.Next(-128, 128),
            _ when type == typeof(short) => (short)random.Next(short.MinValue, short.MaxValue + 1),
            _ when type == typeof(int) => random.Next(int.MinValue, int.MaxValue),
            _ when type == typeof(long) => random.NextInt64(long.MinValue, long.MaxValue),
            _ when type == typeof(string) => string.Concat(Enumerable.Range(0, random.Next(200)).Select(_ => "ab.-é€😀"[random.Next(6)])),
            _ when type == typeof(Guid) => new Guid(Bytes(random, 16)),
            _ when type == typeof(ReadOnlyMemory<byte>) => (ReadOnlyMemory<byte>)Bytes(random, random.Next(300)),
            _ when type == typeof(RecordSet) => new MemoryRecords(Bytes(random, random.Next(300))),
            _ when typeof(IWireStruct).IsAssignableFrom(type) => Fill((IWireStruct)Activator.CreateInstance(type)!, random),
            _ => throw new NotSupportedException($"No generator for a field of type {type}."),
        };
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static IEnumerable<(string Name, string Value)> Leaves(string name, object? value) => value switch
    {
        null => [(name, "null")],
        string text => [(name, text)],
        bool flag => [(name, flag ? "true" : "false")],
        Guid id => [(name, Convert.ToHexStringLower(id.ToByteArray(bigEndian: true)))],
        Enum code => [(name, Convert.ToInt64(code, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture))],
        ReadOnlyMemory<byte> bytes => [(name, Convert.ToHexStringLower(bytes.Span))],
        MemoryRecords records => [(name, Convert.ToHexStringLower(records.Bytes.Span))],
        IList list => list.Cast<object>().SelectMany(item => item is IWireStruct ? Leaves(item) : Leaves(name, item)),
        IFormattable number => [(name, number.ToString(null, CultureInfo.InvariantCulture))],
        _ => throw new NotSupportedException($"No text for a field of type {value.GetType()}."),
    };
}
