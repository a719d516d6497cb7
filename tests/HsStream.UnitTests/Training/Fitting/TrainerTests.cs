using HsStream.Training.Fitting;
using HsStream.Training.Networks;
using Xunit;

namespace HsStream.UnitTests.Training.Fitting;

public sealed class TrainerTests
{
    private static readonly TrainingOptions Quick = new()
    {
        Epochs = 6,
        BatchSize = 32,
        Threads = 1,
        Schedule = new() { WarmupSteps = 5 },
        Optimizer = new() { DenseRate = 0.01, TableRate = 0.2 },
    };

    private static readonly NgramChannelDefinition Ngrams = new() { Width = 16, FeatureDropout = 0.2 };

    [Theory]
    [InlineData("bag", 0.9)]
    [InlineData("linear", 0.85)]
    [InlineData("dnn", 0.8)]
    [InlineData("textcnn", 0.85)]
    [InlineData("lstm", 0.6)]
    [InlineData("bigru", 0.6)]
    [InlineData("transformer", 0.6)]
    [InlineData("combined", 0.85)]
    public void Every_architecture_learns_what_tells_the_goods_apart(string architecture, double atLeast)
    {
        using var network = new ChannelNetwork(Definition(architecture), TinyGoods.Inputs, TinyGoods.Labels, seed: 1);
        var isLinear = architecture == "linear";
        var options = Quick with
        {
            Epochs = 10,
            Loss = isLinear ? new() { Kind = LossKind.SquaredHinge, Headings = 0 } : new() { LabelSmoothing = 0.05 },
        };
        var held = TinyGoods.Data(200, 8);
        var before = HeldOutScore.Of(network, held, Token);
        var result = Train(network, options, TinyGoods.Data(600, 7), held);
        Assert.InRange(before.Subheadings, 0, 0.3);
        Assert.InRange(result.Best.Score!.Subheadings, atLeast, 1);
        Assert.Equal(result.Best.Score, HeldOutScore.Of(network, held, Token));
        Assert.True(result.Best.Score.Headings >= result.Best.Score.Subheadings);
        Assert.True(result.Epochs[^1].Loss < result.Epochs[0].Loss);
    }

    [Theory]
    [InlineData("bag")]
    [InlineData("bigru")]
    [InlineData("combined")]
    public void The_same_seed_gives_the_same_weights_bit_by_bit_and_another_seed_others(string architecture)
    {
        var first = Weights(architecture, seed: 3);
        Assert.Equal(first, Weights(architecture, seed: 3));
        Assert.NotEqual(first, Weights(architecture, seed: 4));
    }

    [Theory]
    [InlineData(AveragingKind.None, 13)]
    [InlineData(AveragingKind.Moving, 20)]
    [InlineData(AveragingKind.Epochs, 31)]
    public void A_run_that_was_interrupted_and_resumed_ends_with_the_same_bits(AveragingKind averaging, int interruptedAt)
    {
        using var scratch = new Scratch();
        var options = Quick with { Epochs = 4, Averaging = new() { Kind = averaging, Decay = 0.9, FromEpoch = 2 }, Patience = 3 };
        var (data, held) = (TinyGoods.Data(300, 7), TinyGoods.Data(100, 8));
        using var straight = Network("combined", 2);
        var expected = Train(straight, options, data, held);

        // Stopped twice, each time in a process's own fresh network, as a restart would have it.
        foreach (var stop in new[] { interruptedAt, interruptedAt + 4 })
        {
            using var interrupted = Network("combined", 2);
            using var source = new CancellationTokenSource();
            var trainer = new Trainer(interrupted, options, data, held, 2, TimeProvider.System)
            {
                CheckpointPath = scratch.File("run"),
                Progress = new Callback(p => { if (p.Step == stop) { source.Cancel(); } }),
            };
            Assert.Throws<OperationCanceledException>(() => trainer.Run(source.Token));
            Assert.True(File.Exists(scratch.File("run")));
        }

        using var resumed = Network("combined", 2);
        var steps = new List<long>();
        var result = new Trainer(resumed, options, data, held, 2, TimeProvider.System)
        {
            CheckpointPath = scratch.File("run"),
            Progress = new Callback(p => steps.Add(p.Step)),
        }.Run(Token);
        Assert.Equal(interruptedAt + 5, steps[0]);
        Assert.Equal(Values(straight), Values(resumed));
        Assert.Equal(expected.Epochs, result.Epochs);
        Assert.Equal(expected.BestEpoch, result.BestEpoch);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch.Path));
    }

    [Fact]
    public void A_checkpoint_of_another_run_or_a_damaged_one_is_refused()
    {
        using var scratch = new Scratch();
        var (path, data) = (scratch.File("run"), TinyGoods.Data(100, 7));
        Interrupt(path, data, seed: 2);
        var other = Assert.Throws<CheckpointException>(() => Resume(path, data, Quick, seed: 3));
        Assert.Contains("another run", other.Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => Resume(path, data, Quick with { BatchSize = 31 }, seed: 2));
        Assert.Throws<CheckpointException>(() => Resume(path, TinyGoods.Data(100, 6), Quick, seed: 2));

        var bytes = File.ReadAllBytes(path);
        for (var at = 0; at < bytes.Length; at += 1 + (bytes.Length / 20))
        {
            bytes[at] ^= 4;
            File.WriteAllBytes(path, bytes);
            Assert.Throws<CheckpointException>(() => Resume(path, data, Quick, seed: 2));
            bytes[at] ^= 4;
        }

        File.WriteAllBytes(path, bytes[..^7]);
        Assert.Throws<CheckpointException>(() => Resume(path, data, Quick, seed: 2));
        File.WriteAllBytes(path, bytes);
        Resume(path, data, Quick, seed: 2);
    }

    [Fact]
    public void A_run_without_progress_on_the_held_out_part_stops_and_keeps_its_best_epoch()
    {
        // The held-out labels are shuffled: nothing that is learned helps.
        var held = TinyGoods.Data(120, 8);
        held = held with { Labels = [.. held.Labels.Skip(17), .. held.Labels.Take(17)] };
        using var network = Network("bag", 1);
        var result = Train(network, Quick with { Epochs = 100, Patience = 3 }, TinyGoods.Data(200, 7), held);
        Assert.True(result.StoppedEarly);
        Assert.InRange(result.Epochs.Count, 4, 60);
        Assert.Equal(result.Epochs.Count - 3, result.BestEpoch);
        Assert.Equal(result.Best.Score, HeldOutScore.Of(network, held, Token));
    }

    [Fact]
    public void Rows_of_weight_zero_teach_nothing()
    {
        var data = TinyGoods.Data(400, 7);
        var spoiled = data with
        {
            Labels = [.. data.Labels.Select((label, row) => row % 2 == 0 ? label : (label + 5) % TinyGoods.Labels.Codes.Count)],
        };
        double Score(LabelledRows rows)
        {
            using var network = Network("bag", 1);
            return Train(network, Quick, rows, TinyGoods.Data(200, 8)).Best.Score!.Subheadings;
        }

        var weighed = Score(spoiled with { Weights = [.. data.Labels.Select((_, row) => row % 2 == 0 ? 1f : 0f)] });
        Assert.True(weighed > Score(spoiled) + 0.1);
    }

    [Fact]
    public void A_student_learns_from_its_teacher_alone()
    {
        using var teacher = Network("bag", 1);
        var data = TinyGoods.Data(500, 7);
        Train(teacher, Quick with { Epochs = 10 }, data, null);
        var blind = data with { Labels = [.. data.Labels.Select(_ => 0)], Teacher = SoftTargets.From(teacher, data.Rows, 1, 5, Token) };
        using var student = Network("dnn", 2);
        Train(student, Quick with { Epochs = 10, Loss = new() { Teacher = 1, Headings = 0, LabelSmoothing = 0 } }, blind, null);
        Assert.InRange(HeldOutScore.Of(student, TinyGoods.Data(200, 8), Token).Subheadings, 0.7, 1);
    }

    [Fact]
    public void What_cannot_be_trained_is_refused_with_a_reason()
    {
        using var network = Network("bag", 1);
        var data = TinyGoods.Data(20, 7);
        var e = Assert.Throws<HyperParameterException>(() => new Trainer(network, Quick with { BatchSize = 0 }, data, null, 1, TimeProvider.System));
        Assert.Equal("batch_size must be 1 to 65536, and is 0.", e.Message);
        Assert.Throws<HyperParameterException>(() => new Trainer(network, Quick with { Loss = new() { LabelSmoothing = double.NaN } }, data, null, 1, TimeProvider.System));
        Assert.Throws<ArgumentException>(() => new Trainer(network, Quick, data with { Labels = [.. data.Labels.Select(_ => 12)] }, null, 1, TimeProvider.System));
        Assert.Throws<ArgumentException>(() => new Trainer(network, Quick, data with { Weights = [1] }, null, 1, TimeProvider.System));
        Assert.Throws<ArgumentException>(() => new Trainer(network, Quick, TinyGoods.Data(0, 7), null, 1, TimeProvider.System));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static TrainingResult Train(ChannelNetwork network, TrainingOptions options, LabelledRows data, LabelledRows? held) =>
        new Trainer(network, options, data, held, 2, TimeProvider.System).Run(Token);

    private static void Interrupt(string path, LabelledRows data, long seed)
    {
        using var network = Network("bag", seed);
        using var source = new CancellationTokenSource();
        var trainer = new Trainer(network, Quick, data, null, seed, TimeProvider.System)
        {
            CheckpointPath = path,
            Progress = new Callback(p => { if (p.Step == 5) { source.Cancel(); } }),
        };
        Assert.Throws<OperationCanceledException>(() => trainer.Run(source.Token));
    }

    private static void Resume(string path, LabelledRows data, TrainingOptions options, long seed)
    {
        using var network = Network("bag", seed);
        new Trainer(network, options, data, null, seed, TimeProvider.System) { CheckpointPath = path }.Run(Token);
    }

    private static float[][] Weights(string architecture, long seed)
    {
        using var network = Network(architecture, seed);
        new Trainer(network, Quick with { Epochs = 2, MinRowsPerLabel = 30 }, TinyGoods.Data(200, 7), null, seed, TimeProvider.System).Run(Token);
        return Values(network);
    }

    private static float[][] Values(ChannelNetwork network) => [.. network.Tables.Select(t => t.Values), .. network.Parameters.Select(p => p.ToArray())];

    private static ChannelNetwork Network(string architecture, long seed) => new(Definition(architecture), TinyGoods.Inputs, TinyGoods.Labels, seed);

    private static NetworkDefinition Definition(string architecture) => architecture switch
    {
        "bag" => new() { Channels = [Ngrams] },
        "linear" => new() { Channels = [Ngrams with { Width = null, Rows = 700 }] },
        "dnn" => new() { Channels = [Ngrams], Trunk = new() { Layers = [32], Dropout = 0.1 } },
        "textcnn" => new() { Channels = [new ConvolutionChannelDefinition { Width = 16, Filters = 16, Kernels = [1, 2] }] },
        "lstm" => new() { Channels = [new RecurrentChannelDefinition { Width = 16, Hidden = 24 }] },
        "bigru" => new() { Channels = [new RecurrentChannelDefinition { Width = 16, Hidden = 16, Bidirectional = true, Cell = RecurrentCell.Gru }] },
        "transformer" => new() { Channels = [new TransformerChannelDefinition { Width = 16, Heads = 2, Layers = 1, FeedForward = 24 }] },
        _ => new() { Channels = [Ngrams, new ConvolutionChannelDefinition { Width = 8, Filters = 8 }], Head = new() { Chapters = true, Additive = true } },
    };

    private sealed class Callback(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }
}
