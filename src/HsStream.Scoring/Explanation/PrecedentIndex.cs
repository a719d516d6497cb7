using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using HsStream.Domain.Nomenclature;

namespace HsStream.Scoring.Explanation;

/// <summary>The training texts that a model can point at; precedents.bin of a bundle. Immutable, shared by all threads.</summary>
/// <remarks>
/// Layout, little endian: "HSPR", i32 version 1, i32 texts n, i32 length of the model's embedding D, i32 stored length d,
/// f32 projection[D, d] when d is less than D, i32 code[n], i64 row id[n], i32 rows[n], i32 offset[n + 1], UTF-8 text,
/// i8 embedding[n, d]. A search is one dot product of bytes with every text, exact in integers on every machine.
/// </remarks>
public sealed class PrecedentIndex
{
    internal const int Version = 1;
    private const int MaxTexts = 10_000_000;
    private const int MaxDimensions = 4096;

    private readonly float[] _projection;
    private readonly HsCode[] _codes;
    private readonly long[] _rowIds;
    private readonly int[] _rows;
    private readonly int[] _offsets;
    private readonly byte[] _texts;
    private readonly sbyte[] _embeddings;
    private readonly float[] _lengths;

    private PrecedentIndex(int width, float[] projection, HsCode[] codes, long[] rowIds, int[] rows, int[] offsets, byte[] texts, sbyte[] embeddings)
    {
        Dimensions = width;
        _projection = projection;
        (_codes, _rowIds, _rows, _offsets, _texts, _embeddings) = (codes, rowIds, rows, offsets, texts, embeddings);
        _lengths = new float[codes.Length];
        for (var i = 0; i < codes.Length; i++)
        {
            var row = embeddings.AsSpan(i * width, width);
            _lengths[i] = MathF.Sqrt(Dot(row, row));
        }
    }

    public int Count => _codes.Length;

    /// <summary>Values of a stored embedding.</summary>
    public int Dimensions { get; }

    /// <param name="embeddingLength">Values of an embedding of the model that the file belongs to.</param>
    /// <exception cref="FormatException">Says which part is wrong, what was expected and what was found.</exception>
    public static PrecedentIndex Parse(ReadOnlySpan<byte> bytes, NomenclatureEdition edition, int embeddingLength)
    {
        var reader = new Reader(bytes);
        Require(reader.Take(4, "mark").SequenceEqual("HSPR"u8), "HSPR at the start", "other bytes");
        var (version, count, length, width) = (reader.Int32("version"), reader.Int32("texts"), reader.Int32("embedding length"), reader.Int32("stored length"));
        Require(version == Version, $"version {Version}", $"{version}");
        Require(count is >= 0 and <= MaxTexts, $"0 to {MaxTexts} texts", $"{count}");
        Require(length == embeddingLength, $"embeddings of {embeddingLength} values, as the model gives them", $"{length}");
        Require(width >= 1 && width <= length && length <= MaxDimensions, $"1 to {length} stored values", $"{width}");
        var projection = reader.Array<float>(width < length ? length * width : 0, "projection");
        Require(projection.All(float.IsFinite), "a projection of finite numbers", "another");
        var codes = ReadCodes(reader.Array<int>(count, "codes"), HsNomenclature.Of(edition));
        var rowIds = reader.Array<long>(count, "row ids");
        var rows = reader.Array<int>(count, "rows");
        var offsets = reader.Array<int>(count + 1, "offsets");
        Require(offsets[0] == 0, "the first text at 0", $"{offsets[0]}");
        for (var i = 0; i < count; i++)
        {
            Require(offsets[i] <= offsets[i + 1], "texts in order", $"text {i} from {offsets[i]} to {offsets[i + 1]}");
        }

        var texts = reader.Array<byte>(offsets[count], "texts");
        Require((long)count * width <= Array.MaxLength, $"at most {Array.MaxLength} bytes of embeddings", $"{(long)count * width}");
        var embeddings = reader.Array<sbyte>(count * width, "embeddings");
        Require(reader.IsAtEnd, "the end after the embeddings", "more bytes");
        return new PrecedentIndex(width, projection, codes, rowIds, rows, offsets, texts, embeddings);
    }

    /// <summary>The training texts whose embeddings point most nearly the same way, nearest first; equally near ones in the order of the file.</summary>
    /// <param name="embedding">As the model gives it.</param>
    public Precedent[] Nearest(ReadOnlySpan<float> embedding, int count)
    {
        var query = new sbyte[Dimensions];
        Quantise(embedding, _projection, query);
        var length = MathF.Sqrt(Dot(query, query));
        count = Math.Min(count, Count);
        var best = new (float Similarity, int Row)[count];
        var found = 0;
        for (var row = 0; row < Count && count > 0; row++)
        {
            var scale = length * _lengths[row];
            var similarity = scale == 0 ? 0 : Dot(query, _embeddings.AsSpan(row * Dimensions, Dimensions)) / scale;
            if (found == count && similarity <= best[^1].Similarity)
            {
                continue;
            }

            var at = found < count ? found++ : count - 1;
            while (at > 0 && best[at - 1].Similarity < similarity)
            {
                best[at] = best[at - 1];
                at--;
            }

            best[at] = (similarity, row);
        }

        return [.. best.Select(entry => At(entry.Row, entry.Similarity))];
    }

    /// <summary>Projects, and scales the largest value to 127.</summary>
    internal static void Quantise(ReadOnlySpan<float> embedding, ReadOnlySpan<float> projection, Span<sbyte> quantised)
    {
        var width = quantised.Length;
        var values = new double[width];
        for (var j = 0; j < embedding.Length; j++)
        {
            if (projection.Length == 0)
            {
                values[j] = embedding[j];
                continue;
            }

            for (var i = 0; i < width; i++)
            {
                values[i] += (double)embedding[j] * projection[(j * width) + i];
            }
        }

        var largest = values.Max(Math.Abs);
        var scale = double.IsFinite(largest) && largest > 0 ? 127 / largest : 0;
        for (var i = 0; i < width; i++)
        {
            quantised[i] = scale == 0 ? (sbyte)0 : (sbyte)Math.Round(values[i] * scale);
        }
    }

    /// <summary>Exact dot product of bytes; at most 4,096 of them, so 32 bits hold it.</summary>
    internal static int Dot(ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b)
    {
        var at = 0;
        var sums = Vector<int>.Zero;
        for (; at + Vector<sbyte>.Count <= a.Length; at += Vector<sbyte>.Count)
        {
            Vector.Widen(new Vector<sbyte>(a[at..]), out var lowA, out var highA);
            Vector.Widen(new Vector<sbyte>(b[at..]), out var lowB, out var highB);
            // 127 x 127 fits 16 bits; two of them would not always, so they are widened before they are added.
            Vector.Widen(lowA * lowB, out var p, out var q);
            Vector.Widen(highA * highB, out var r, out var s);
            sums += p + q + r + s;
        }

        var sum = Vector.Sum(sums);
        for (; at < a.Length; at++)
        {
            sum += a[at] * b[at];
        }

        return sum;
    }

    private static HsCode[] ReadCodes(int[] numbers, HsNomenclature nomenclature)
    {
        var codes = new HsCode[numbers.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            Require(numbers[i] is >= 10_100 and <= 999_999, $"six digits as code {i}", $"{numbers[i]}");
            // Digits that are no code in any edition are no subheading of this one either.
            Require(HsCode.TryParse(numbers[i].ToString("D6", null), out codes[i]) && nomenclature.Contains(codes[i]), $"a subheading of {nomenclature.Edition} as code {i}", $"{numbers[i]:D6}");
        }

        return codes;
    }

    private static void Require(bool holds, string expected, string found)
    {
        if (!holds)
        {
            throw new FormatException($"Precedents: expected {expected}, found {found}.");
        }
    }

    private Precedent At(int row, float similarity) => new(
        Encoding.UTF8.GetString(_texts, _offsets[row], _offsets[row + 1] - _offsets[row]), _codes[row], _rowIds[row], _rows[row], Math.Clamp(similarity, -1, 1));

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public ReadOnlySpan<byte> Take(long count, string what)
        {
            Require(count <= _rest.Length, $"{count} bytes of {what}", $"{_rest.Length}");
            var taken = _rest[..(int)count];
            _rest = _rest[(int)count..];
            return taken;
        }

        public int Int32(string what) => BinaryPrimitives.ReadInt32LittleEndian(Take(4, what));

        /// <summary>The format is little endian, as is every machine that the runtime supports.</summary>
        public T[] Array<T>(int count, string what)
            where T : unmanaged => MemoryMarshal.Cast<byte, T>(Take((long)count * Marshal.SizeOf<T>(), what)).ToArray();
    }
}
