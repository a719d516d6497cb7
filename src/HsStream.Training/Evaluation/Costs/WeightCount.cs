namespace HsStream.Training.Evaluation.Costs;

/// <summary>Counts the learned numbers of an ONNX file, of any origin.</summary>
/// <remarks>
/// Reads the few protobuf fields that say so (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto): ModelProto.graph is 7,
/// GraphProto.initializer 5, TensorProto.dims 1 and data_type 2. Integers of 32 and 64 bits are shapes and indices, not weights.
/// </remarks>
internal static class WeightCount
{
    private const int Graph = 7;
    private const int Initializer = 5;
    private const int Dims = 1;
    private const int DataType = 2;

    // float, uint8, int8, float16, double, bfloat16.
    private static readonly ulong[] WeightTypes = [1, 2, 3, 10, 11, 16];

    /// <returns>0 for bytes that are no ONNX file.</returns>
    public static long Of(ReadOnlySpan<byte> model)
    {
        var count = 0L;
        foreach (var graph in new Fields(model))
        {
            if (graph.Number != Graph || !graph.IsBytes) { continue; }
            foreach (var tensor in new Fields(graph.Bytes))
            {
                if (tensor.Number == Initializer && tensor.IsBytes) { count += OfTensor(tensor.Bytes); }
            }
        }

        return count;
    }

    private static long OfTensor(ReadOnlySpan<byte> tensor)
    {
        var (elements, type) = (1L, 0UL);
        foreach (var field in new Fields(tensor))
        {
            if (field.Number == DataType) { type = field.Value; }
            if (field.Number != Dims) { continue; }
            if (!field.IsBytes) { elements *= (long)field.Value; }
            else
            {
                // Several dimensions in one field, one varint each.
                for (var rest = field.Bytes; rest.Length > 0 && Fields.TryVarint(ref rest, out var dimension);) { elements *= (long)dimension; }
            }
        }

        return WeightTypes.Contains(type) ? elements : 0;
    }

    /// <summary>The fields of one protobuf message; ends at the first that makes no sense.</summary>
    private ref struct Fields(ReadOnlySpan<byte> message)
    {
        private ReadOnlySpan<byte> _rest = message;

        public Field Current { get; private set; }

        public readonly Fields GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.IsEmpty || !TryVarint(ref _rest, out var tag)) { return false; }
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0 when TryVarint(ref _rest, out var value):
                    Current = new Field(number, value, [], false);
                    return true;
                case 1 when _rest.Length >= 8:
                    return Take(number, 8, false);
                case 2 when TryVarint(ref _rest, out var length) && length <= (ulong)_rest.Length:
                    return Take(number, (int)length, true);
                case 5 when _rest.Length >= 4:
                    return Take(number, 4, false);
                default:
                    return false;
            }
        }

        public static bool TryVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
        {
            value = 0;
            for (var i = 0; i < bytes.Length && i < 10; i++)
            {
                value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
                if (bytes[i] >= 0x80) { continue; }
                bytes = bytes[(i + 1)..];
                return true;
            }

            return false;
        }

        private bool Take(int number, int length, bool isBytes)
        {
            Current = new Field(number, 0, _rest[..length], isBytes);
            _rest = _rest[length..];
            return true;
        }
    }

    private readonly ref struct Field(int number, ulong value, ReadOnlySpan<byte> bytes, bool isBytes)
    {
        public int Number { get; } = number;

        public ulong Value { get; } = value;

        public ReadOnlySpan<byte> Bytes { get; } = bytes;

        public bool IsBytes { get; } = isBytes;
    }
}
