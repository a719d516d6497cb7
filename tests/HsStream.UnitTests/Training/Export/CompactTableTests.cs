using HsStream.Scoring.Features;
using HsStream.Training.Export;
using HsStream.Training.Networks;
using Xunit;

namespace HsStream.UnitTests.Training.Export;

public sealed class CompactTableTests
{
    [Theory]
    [InlineData(WeightPrecision.Full)]
    [InlineData(WeightPrecision.Half)]
    [InlineData(WeightPrecision.Eight)]
    [InlineData(WeightPrecision.Four)]
    public void Rows_that_no_training_text_looks_up_take_no_place_and_change_nothing(WeightPrecision precision)
    {
        NetworkDefinition definition = new() { Channels = [new NgramChannelDefinition { Width = 64 }, new ConvolutionChannelDefinition { Width = 32, Filters = 4 }] };
        using var network = new ChannelNetwork(definition, TinyGoods.Inputs, TinyGoods.Labels, seed: 1);
        var random = SeededRandom.For(3);
        foreach (var parameter in network.Parameters) { parameter.Set([.. parameter.ToArray().Select(v => v + (0.3f * random.NextBell()))]); }
        var options = new ExportOptions(precision);
        var whole = ModelWriter.Write(network, options);
        var batch = new EncodedBatch(TinyGoods.Encoder);
        foreach (var (text, _) in TinyGoods.Texts(30, 3)) { batch.Add(text); }
        foreach (var table in network.Tables) { table.ClearAllBut(new EncodedRows(batch)); }
        var compact = ModelWriter.Write(network, options);

        int[] rows = [.. Enumerable.Range(0, 30)];
        using var before = new OnnxRun(whole);
        using var after = new OnnxRun(compact);
        Assert.Equal(before.Scores(batch, rows, 128, 16), after.Scores(batch, rows, 128, 16));
        Assert.True(compact.Length < 0.75 * whole.Length, $"{compact.Length} of {whole.Length}");
    }

    [Fact]
    public void Four_bits_keep_each_number_within_half_a_step_of_its_block_or_cut_it()
    {
        var random = SeededRandom.For(4);
        var values = Enumerable.Range(0, 3 * 100).Select(i => i < 100 ? 0 : random.NextBell() * (i < 200 ? 1 : 50)).ToArray();
        var (packed, scales) = Quantization.Blocks(values, 100);
        Assert.Equal((150, 6), (packed.Length, scales.Length));
        for (var i = 0; i < values.Length; i++)
        {
            var nibble = (packed[i / 2] >> (4 * (i % 2))) & 15;
            var scale = scales[(i / 100 * 2) + (i % 100 / 64)];
            var found = scale * (nibble >= 8 ? nibble - 16 : nibble);
            Assert.InRange(Math.Abs(values[i] - found), 0, Math.Abs(values[i]) <= 7.5f * scale ? 0.5001f * scale : Math.Abs(values[i]));
        }

        Assert.Throws<HyperParameterException>(() => new WeightWriter(new ExportOptions(Matrices: WeightPrecision.Four)));
    }

    [Fact]
    public void A_full_table_stays_as_it_is()
    {
        var table = new EmbeddingTable("t", IdSource.Ngrams, 50, 8, 1, SeededRandom.For(1));
        Assert.Null(CompactTable.Of(table, 4).RowOf);
        Assert.Same(table.Values, CompactTable.Of(table, 4).Values);
    }
}
