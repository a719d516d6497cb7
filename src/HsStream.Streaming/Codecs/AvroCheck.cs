using Avro;

namespace HsStream.Streaming.Codecs;

/// <summary>Walks over bytes along a schema, to know that they are complete and no length in them lies.</summary>
internal static class AvroCheck
{
    private const int MaxDepth = 64;

    // Items of no bytes, such as nulls, could be claimed by the billion.
    private const int MaxEmptyItems = 10_000;

    /// <exception cref="AvroFormatException">They are not the schema's.</exception>
    public static void Walk(Schema schema, ReadOnlySpan<byte> bytes)
    {
        var reader = new AvroReader(bytes);
        Walk(schema, ref reader, 0);
        if (reader.Left > 0) { throw new AvroFormatException($"expected the end after byte {reader.Position}, got {reader.Left} more bytes"); }
    }

    private static void Walk(Schema schema, ref AvroReader reader, int depth)
    {
        if (depth > MaxDepth) { throw new AvroFormatException($"expected at most {MaxDepth} levels"); }
        switch (schema)
        {
            case RecordSchema record:
                foreach (var field in record.Fields) { Walk(field.Schema, ref reader, depth + 1); }
                break;
            case UnionSchema union:
                Walk(union[reader.ReadBranch(union.Count)], ref reader, depth + 1);
                break;
            case ArraySchema array:
                Blocks(array.ItemSchema, ref reader, depth, isMap: false);
                break;
            case MapSchema map:
                Blocks(map.ValueSchema, ref reader, depth, isMap: true);
                break;
            case EnumSchema symbols:
                reader.ReadBranch(symbols.Count);
                break;
            case FixedSchema sized:
                reader.Take(sized.Size);
                break;
            default:
                Primitive(schema.Tag, ref reader);
                break;
        }
    }

    private static void Blocks(Schema item, ref AvroReader reader, int depth, bool isMap)
    {
        var empty = 0;
        while (reader.ReadBlock(0) is var count and > 0)
        {
            for (var i = 0; i < count; i++)
            {
                var before = reader.Position;
                if (isMap) { reader.ReadString(); }
                Walk(item, ref reader, depth + 1);
                if (reader.Position == before && ++empty > MaxEmptyItems) { throw new AvroFormatException($"expected at most {MaxEmptyItems} empty items"); }
            }
        }
    }

    private static void Primitive(Schema.Type type, ref AvroReader reader)
    {
        switch (type)
        {
            case Schema.Type.Null: break;
            case Schema.Type.Boolean: reader.ReadBoolean(); break;
            case Schema.Type.Int: reader.ReadInt(); break;
            case Schema.Type.Long: reader.ReadLong(); break;
            case Schema.Type.Float: reader.ReadFloat(); break;
            case Schema.Type.Double: reader.ReadDouble(); break;
            case Schema.Type.Bytes: reader.ReadBytes(); break;
            case Schema.Type.String: reader.ReadString(); break;
            default: throw new AvroFormatException($"expected a type of Avro, got {type}");
        }
    }
}
