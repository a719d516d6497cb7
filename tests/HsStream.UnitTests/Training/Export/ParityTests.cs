using HsStream.Scoring.Features;
using HsStream.Training.Export;
using HsStream.Training.Networks;
using TorchSharp;
using Xunit;

namespace HsStream.UnitTests.Training.Export;

/// <summary>The exported graph gives the network's scores, for every architecture, on 1,000 texts of all lengths.</summary>
public sealed class ParityTests
{
    private const int Texts = 1000;
    private const float ExactBound = 1e-5f;
    private const float PaddingBound = 1e-6f;

    private static readonly EncodedBatch Batch = Encode();

    public static TheoryData<string> Architectures => [.. Definitions().Keys];

    [Theory]
    [MemberData(nameof(Architectures))]
    public void The_graph_scores_like_the_network(string architecture)
    {
        using var network = Network(architecture);
        var expected = Forward(network, o => o.Logits);
        using var run = new OnnxRun(ModelWriter.Write(network, new ExportOptions()));
        var found = Scores(run, GraphInputs.Logits);
        Assert.InRange(Difference(expected, found), 0, ExactBound);
        Assert.True(expected.SelectMany(row => row).Max() - expected.SelectMany(row => row).Min() > 1, "the scores are too much alike to compare");
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void The_embedding_is_the_networks_and_of_length_one(string architecture)
    {
        using var network = Network(architecture);
        if (architecture is "linear" or "ensemble") { return; }     // has none; its first member's
        var expected = Forward(network, o => o.Embedding!);
        using var run = new OnnxRun(ModelWriter.Write(network, new ExportOptions()));
        var found = Scores(run, GraphInputs.Embedding);
        Assert.InRange(Difference(expected, found), 0, ExactBound);
        var lengths = found.Select(row => Math.Sqrt(row.Sum(v => (double)v * v))).ToList();
        Assert.All(lengths, length => Assert.True(length == 0 || Math.Abs(length - 1) < 1e-5));
        Assert.True(lengths.Count(length => length > 0) > Texts / 2);
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Wider_padding_changes_nothing(string architecture)
    {
        using var network = Network(architecture);
        using var run = new OnnxRun(ModelWriter.Write(network, new ExportOptions()));
        int[] rows = [.. Enumerable.Range(0, 64)];
        var narrow = run.Scores(Batch, rows, rows.Max(Batch.NgramWidth), rows.Max(Batch.TokenWidth));
        var wide = run.Scores(Batch, rows, 256, 32);
        Assert.InRange(Difference(narrow, wide), 0, PaddingBound);
        foreach (var row in rows[..8].Append(49))
        {
            var alone = run.Scores(Batch, [row], Batch.NgramWidth(row), Batch.TokenWidth(row));
            Assert.InRange(Difference([narrow[row]], alone), 0, PaddingBound);
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Narrow_weights_move_scores_a_little(string architecture)
    {
        using var network = Network(architecture);
        var expected = Forward(network, o => o.Logits);
        var spread = expected.SelectMany(row => row).Max(Math.Abs);
        var full = ModelWriter.Write(network, new ExportOptions());
        foreach (var (precision, bound, share) in new[] { (WeightPrecision.Half, 0.004, 0.7), (WeightPrecision.Eight, 0.05, 0.57), (WeightPrecision.Four, 0.4, 0.57) })
        {
            var model = ModelWriter.Write(network, new ExportOptions(precision, precision == WeightPrecision.Four ? WeightPrecision.Eight : precision));
            using var run = new OnnxRun(model);
            var difference = Difference(expected, Scores(run, GraphInputs.Logits));
            Assert.True(difference / spread > 1e-7 && difference / spread < bound, $"{precision}: {difference / spread}");
            Assert.True(model.Length < share * full.Length, $"{precision}: {model.Length} of {full.Length} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Equal_weights_give_equal_files(string architecture)
    {
        using var first = Network(architecture);
        using var second = Network(architecture);
        var options = new ExportOptions(WeightPrecision.Eight);
        Assert.Equal(ModelWriter.Write(first, options), ModelWriter.Write(second, options));
    }

    private static Dictionary<string, NetworkDefinition?> Definitions()
    {
        var ngrams = new NgramChannelDefinition { Width = 24 };
        var convolution = new ConvolutionChannelDefinition { Width = 12, Filters = 10, Kernels = [1, 2, 3, 4] };
        var recurrent = new RecurrentChannelDefinition { Width = 12, Hidden = 10 };
        var transformer = new TransformerChannelDefinition { Width = 16, Heads = 4, FeedForward = 24 };
        var additive = new HeadDefinition { Headings = true, Chapters = true, Additive = true, Length = 6 };
        return new()
        {
            ["linear"] = new() { Channels = [ngrams with { Rows = 300, Width = null }] },
            ["bag"] = new() { Channels = [ngrams], Head = additive },
            ["dnn"] = new() { Channels = [ngrams with { Rows = 500 }], Trunk = new() { Layers = [20, 20], Residual = true } },
            ["textcnn"] = new() { Channels = [convolution] },
            ["lstm"] = new() { Channels = [recurrent] },
            ["bilstm"] = new() { Channels = [recurrent with { Bidirectional = true }] },
            ["gru"] = new() { Channels = [recurrent with { Cell = RecurrentCell.Gru }] },
            ["bigru"] = new() { Channels = [recurrent with { Cell = RecurrentCell.Gru, Bidirectional = true }] },
            ["transformer"] = new() { Channels = [transformer] },
            ["combined"] = new() { Channels = [ngrams, convolution, transformer], Trunk = new() { Layers = [30] }, Head = additive },
            ["ensemble"] = null,
        };
    }

    private static INetwork Network(string architecture)
    {
        if (architecture == "ensemble") { return new EnsembleNetwork([Network("bag"), Network("textcnn"), Network("gru")]); }
        var network = new ChannelNetwork(Definitions()[architecture]!, TinyGoods.Inputs, TinyGoods.Labels, seed: 5);

        // First values leave the heads at zero; here every weight has something to say.
        var random = SeededRandom.For(17);
        foreach (var parameter in network.Parameters)
        {
            var values = parameter.ToArray();
            foreach (ref var value in values.AsSpan()) { value += 0.3f * random.NextBell(); }
            parameter.Set(values);
        }

        foreach (var table in network.Tables)
        {
            foreach (ref var value in table.Values.AsSpan(table.Width)) { value += 0.3f * random.NextBell(); }
        }

        return network;
    }

    private static EncodedBatch Encode()
    {
        var batch = new EncodedBatch(TinyGoods.Encoder);
        foreach (var (text, _) in TinyGoods.Texts(Texts, 3)) { batch.Add(text); }
        return batch;
    }

    private static float[][] Forward(INetwork network, Func<NetworkOutput, torch.Tensor> pick)
    {
        var all = new List<float[]>();
        var batch = new NetworkBatch();
        foreach (var rows in Enumerable.Range(0, Texts).Chunk(100))
        {
            using var none = torch.no_grad();
            using var scope = torch.NewDisposeScope();
            batch.Fill(new EncodedRows(Batch), rows);
            var scores = pick(network.Forward(ForwardPass.Infer(batch)));
            all.AddRange(scores.data<float>().ToArray().Chunk((int)scores.shape[1]));
        }

        return [.. all];
    }

    private static float[][] Scores(OnnxRun run, string output)
    {
        var all = new float[Texts][];
        foreach (var group in Enumerable.Range(0, Texts).GroupBy(row => (Batch.NgramWidth(row), Batch.TokenWidth(row))))
        {
            int[] rows = [.. group];
            var scores = run.Scores(Batch, rows, group.Key.Item1, group.Key.Item2, output);
            for (var i = 0; i < rows.Length; i++) { all[rows[i]] = scores[i]; }
        }

        return all;
    }

    private static float Difference(float[][] left, float[][] right)
    {
        Assert.Equal(left.Length, right.Length);
        return left.Zip(right, (a, b) => a.Zip(b, (x, y) => float.IsFinite(x) && float.IsFinite(y) ? Math.Abs(x - y) : float.PositiveInfinity).Max()).Max();
    }
}
