using System.Buffers.Binary;
using CsCheck;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Explanation;
using Xunit;

namespace HsStream.UnitTests.Scoring.Explanation;

public sealed class PrecedentIndexTests
{
    private const int Width = 96;
    private static readonly HsCode Bicycle = HsCode.Parse("871200");
    private static readonly HsCode Coffee = HsCode.Parse("090121");

    [Fact]
    public void The_nearest_are_those_of_an_exact_search_within_the_rounding()
    {
        var rows = Clustered(200);
        var index = Parse(Write(rows, new PrecedentOptions { Dimensions = Width }));
        for (var query = 0; query < rows.Length; query += 17)
        {
            var found = index.Nearest(rows[query], 5);
            var exact = rows.Select(row => Cosine(row, rows[query])).OrderDescending().Take(5).ToArray();
            Assert.Equal($"text {query}", found[0].Text);
            for (var i = 0; i < exact.Length; i++)
            {
                Assert.Equal(exact[i], found[i].Similarity, 0.02);
            }
        }
    }

    [Fact]
    public void Projection_onto_the_main_directions_keeps_the_neighbours()
    {
        // 20 clusters span 20 directions; 24 of 96 stored values keep them.
        var rows = Clustered(400);
        var full = Write(rows, new PrecedentOptions { Dimensions = Width });
        var projected = Write(rows, new PrecedentOptions { Dimensions = 24 });
        Assert.Equal(full.Length - (400 * (Width - 24)) + (4 * Width * 24), projected.Length);
        var index = Parse(projected);
        Assert.Equal(24, index.Dimensions);
        for (var query = 0; query < rows.Length; query += 13)
        {
            Assert.All(index.Nearest(rows[query], 5), found => Assert.Equal(query % 20, int.Parse(found.Text[5..], null) % 20));
        }
    }

    [Fact]
    public void Equal_texts_with_equal_codes_are_kept_once_with_their_number()
    {
        var bytes = PrecedentWriter.Write(
            ["a", "b", "a", "a"], [Bicycle, Bicycle, Bicycle, Coffee], [7, 8, 9, 10], new float[] { 1, 0, 0, 1, 1, 0, 0.6f, 0.8f }, 2, new PrecedentOptions());
        var index = PrecedentIndex.Parse(bytes, NomenclatureEdition.Hs2022, 2);
        Assert.Equal(3, index.Count);
        Assert.Equal(new Precedent("a", Bicycle, 7, 2, 1), index.Nearest([1, 0], 1)[0]);
        Assert.Equal([("a", Bicycle), ("a", Coffee), ("b", Bicycle)], index.Nearest([1, 0], 10).Select(found => (found.Text, found.Code)));
    }

    [Fact]
    public void Long_texts_are_cut_and_too_many_sampled()
    {
        var texts = Enumerable.Range(0, 100).Select(i => new string('x', 9) + "\U00020000" + i).ToArray();
        var bytes = PrecedentWriter.Write(
            texts, [.. texts.Select(_ => Bicycle)], [.. texts.Select((_, i) => (long)i)], new float[100], 1, new PrecedentOptions { MaxTexts = 10, MaxTextLength = 10 });
        var index = PrecedentIndex.Parse(bytes, NomenclatureEdition.Hs2022, 1);
        Assert.Equal(10, index.Count);
        Assert.All(index.Nearest([1], 3), found => Assert.Equal((new string('x', 9), 0f), (found.Text, found.Similarity)));
    }

    [Fact]
    public void Every_damaged_byte_is_refused_or_read_without_failing_otherwise()
    {
        var bytes = Write(Clustered(6), new PrecedentOptions { Dimensions = 8 });
        var refused = 0;
        for (var at = 0; at < bytes.Length; at++)
        {
            var old = bytes[at];
            foreach (var value in (byte[])[0, 0x7F, 0xFF])
            {
                bytes[at] = value;
                try
                {
                    Parse(bytes).Nearest(new float[Width], 3);
                }
                catch (FormatException)
                {
                    refused++;
                }
            }

            bytes[at] = old;
        }

        Assert.True(refused > 60, $"{refused}");
        for (var length = 0; length < bytes.Length; length += 7)
        {
            Assert.Throws<FormatException>(() => Parse(bytes[..length]));
        }

        Assert.Throws<FormatException>(() => Parse([.. bytes, 0]));
    }

    [Theory]
    [InlineData(4, 2, "version 1")]
    [InlineData(8, 1 << 30, "texts")]
    [InlineData(8, -1, "texts")]
    [InlineData(12, 95, "embeddings of 96 values")]
    [InlineData(16, 0, "stored values")]
    [InlineData(16, 97, "stored values")]
    [InlineData(20, 999_999, "a subheading of HS2022 as code 0")]
    [InlineData(20, -5, "six digits as code 0")]
    public void A_header_that_cannot_be_is_named(int at, int value, string expected)
    {
        var bytes = Write(Clustered(6), new PrecedentOptions { Dimensions = Width });
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
        Assert.Contains(expected, Assert.Throws<FormatException>(() => Parse(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_dot_product_of_bytes_is_exact() =>
        Gen.Select(Gen.SByte.Array[0, 200], Gen.Int[0, 100]).Sample((a, seed) =>
        {
            var b = a.Select((value, i) => (sbyte)(((value * 7) + (i * seed)) % 128)).ToArray();
            Assert.Equal(a.Zip(b).Sum(pair => pair.First * pair.Second), PrecedentIndex.Dot(a, b));
        });

    [Fact]
    public void Extreme_bytes_do_not_overflow()
    {
        var extreme = Enumerable.Repeat(sbyte.MinValue, 4096).ToArray();
        Assert.Equal(4096 * 128 * 128, PrecedentIndex.Dot(extreme, extreme));
    }

    [Fact]
    public void No_precedents_are_no_error() => Assert.Empty(
        PrecedentIndex.Parse(PrecedentWriter.Write([], [], [], Array.Empty<float>(), 4, new PrecedentOptions()), NomenclatureEdition.Hs2022, 4).Nearest([1, 2, 3, 4], 5));

    private static byte[] Write(float[][] rows, PrecedentOptions options) => PrecedentWriter.Write(
        [.. rows.Select((_, i) => $"text {i}")], [.. rows.Select(_ => Bicycle)], [.. rows.Select((_, i) => (long)i)], rows.SelectMany(row => row).ToArray(), Width, options);

    private static PrecedentIndex Parse(byte[] bytes) => PrecedentIndex.Parse(bytes, NomenclatureEdition.Hs2022, Width);

    private static float[][] Clustered(int count)
    {
        var random = new Random(3);
        float[] Draw(double spread) => [.. Enumerable.Range(0, Width).Select(_ => (float)(spread * (random.NextDouble() - 0.5)))];
        var centres = Enumerable.Range(0, 20).Select(_ => Draw(1)).ToArray();
        return [.. Enumerable.Range(0, count).Select(i => Draw(0.3).Zip(centres[i % 20], (noise, value) => noise + value).ToArray())];
    }

    private static double Cosine(float[] a, float[] b)
    {
        double Dot(float[] x, float[] y) => x.Zip(y).Sum(pair => (double)pair.First * pair.Second);
        return Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b));
    }
}
