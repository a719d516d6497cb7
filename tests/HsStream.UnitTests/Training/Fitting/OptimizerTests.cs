using HsStream.Training.Fitting;
using HsStream.Training.Networks;
using HsStream.Training.Torch;
using TorchSharp;
using Xunit;

namespace HsStream.UnitTests.Training.Fitting;

public sealed class OptimizerTests
{
    public OptimizerTests() => TorchRuntime.Load();

    [Fact]
    public void The_gradient_of_a_table_is_the_one_that_libtorch_finds()
    {
        var table = new EmbeddingTable("t", IdSource.Ngrams, 40, 11, 1, SeededRandom.For(1));
        var rows = TinyGoods.Rows(12, 5);
        var batch = new NetworkBatch();
        batch.Fill(rows, [.. Enumerable.Range(0, 12)]);
        using var scope = torch.NewDisposeScope();
        var pass = ForwardPass.Train(batch, 1, 0);
        var sums = pass.SumNgrams(table, 0);
        var target = torch.arange(12 * 11, torch.float32).reshape(12, 11).sin();
        (sums * sums * target).sum().backward();

        // The same with a dense look-up: [entries] -> [entries, 11] -> [12, 11].
        var use = Assert.Single(pass.Uses);
        var values = torch.tensor(table.Values).reshape(40, 11).requires_grad_();
        var entries = values.index_select(0, torch.tensor(use.Ids.AsSpan(0, use.Count).ToArray().Select(i => (long)i).ToArray()))
            * torch.tensor(use.Weights.AsSpan(0, use.Count).ToArray()).unsqueeze(1);
        var dense = torch.zeros(12, 11).index_add(0, torch.tensor(use.Positions.Select(i => (long)i).ToArray()), entries, 1);
        (dense * dense * target).sum().backward();
        Assert.True(torch.allclose(sums, dense, 1e-5, 1e-5));

        // One Adagrad step by rows, from nothing: row -= rate x g / rms(g).
        var expected = values.grad!.clone();
        var before = (float[])table.Values.Clone();
        new RowAdagrad(table).Apply(use, use.Leaf.grad!.data<float>().ToArray(), 0.1f, 1, 0);
        for (var row = 0; row < 40; row++)
        {
            var gradient = expected[row].data<float>().ToArray();
            var size = Math.Sqrt(gradient.Sum(g => (double)g * g) / 11);
            for (var i = 0; i < 11; i++)
            {
                Assert.Equal(before[(row * 11) + i] - (size == 0 ? 0 : 0.1 * gradient[i] / size), table.Values[(row * 11) + i], 4);
            }
        }
    }

    [Fact]
    public void The_moving_average_of_a_row_is_that_of_every_step()
    {
        var table = new EmbeddingTable("t", IdSource.Ngrams, 3, 2, 1, SeededRandom.For(1));
        var average = new RowAverage(table, 0.9);
        var expected = (float[])table.Values.Clone();
        var random = SeededRandom.For(2);
        for (var step = 0; step < 60; step++)
        {
            var id = 1 + random.Next(2);
            if (random.Next(3) == 0)
            {
                average.BeforeChange(id, step);
                table.Row(id)[0] += random.NextBell();
            }

            for (var i = 0; i < expected.Length; i++) { expected[i] = (0.9f * expected[i]) + (0.1f * table.Values[i]); }
        }

        average.BringUpTo(60);
        Assert.Equal(expected, average.Values, (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Theory]
    [InlineData(DenseOptimizerKind.AdamW)]
    [InlineData(DenseOptimizerKind.Adagrad)]
    public void Dense_steps_are_those_of_libtorchs_own_optimiser(DenseOptimizerKind kind)
    {
        using var parameters = new DenseParameters(1);
        var own = parameters.Create("w", 1, decays: true, 5, 3);
        using var other = new TorchSharp.Modules.Parameter(own.detach().clone());
        using var reference = kind == DenseOptimizerKind.AdamW
            ? torch.optim.AdamW([other], 0.01, weight_decay: 0.1)
            : (torch.optim.Optimizer)torch.optim.Adagrad([other], 0.01, eps: 1e-8);
        using var optimizer = new DenseOptimizer(new() { Dense = kind, DenseRate = 0.01, WeightDecay = kind == DenseOptimizerKind.AdamW ? 0.1 : 0 }, parameters.All);
        for (var step = 0; step < 20; step++)
        {
            using var scope = torch.NewDisposeScope();
            var target = torch.arange(15, torch.float32).add(step).sin().reshape(5, 3);
            (own - target).square().sum().backward();
            reference.zero_grad();
            ((torch.Tensor)other - target).square().sum().backward();
            optimizer.Step(1, 1, step);
            reference.step();
        }

        Assert.True(torch.allclose(own, other, 1e-4, 1e-5));
    }

    [Fact]
    public void Step_sizes_rise_in_the_warm_up_and_fall_to_the_floor()
    {
        var linear = new ScheduleOptions { WarmupSteps = 10, Floor = 0.02 };
        Assert.Equal(0.1, linear.Factor(0, 100), 6);
        Assert.Equal(0.5 * 0.96, linear.Factor(4, 100), 6);
        Assert.Equal(0.5, linear.Factor(50, 100), 6);
        Assert.Equal(0.02, linear.Factor(100, 100), 6);
        var cosine = new ScheduleOptions { Shape = ScheduleShape.Cosine, WarmupSteps = 0, Floor = 0 };
        Assert.Equal([1, 0.5, 0], new long[] { 0, 50, 100 }.Select(step => Math.Round(cosine.Factor(step, 100), 6)));
        Assert.Equal(1, new ScheduleOptions { Shape = ScheduleShape.Constant, WarmupSteps = 0 }.Factor(99, 100));
    }

    [Fact]
    public void The_loss_is_that_of_libtorch_and_the_headings_is_that_of_summed_probabilities()
    {
        using var scope = torch.NewDisposeScope();
        var data = TinyGoods.Data(6, 1);
        int[] all = [0, 1, 2, 3, 4, 5];
        var logits = torch.arange(72, torch.float32).reshape(6, 12).mul(0.7).sin();
        using var plain = new TrainingLoss(new() { LabelSmoothing = 0.1, Headings = 0 }, TinyGoods.Labels);
        var target = torch.tensor(data.Labels.Select(l => (long)l).ToArray());
        var expected = torch.nn.functional.cross_entropy(logits, target, label_smoothing: 0.1).item<float>();
        Assert.Equal(expected, plain.Compute(new NetworkOutput(logits), data, all).item<float>(), 5);

        using var both = new TrainingLoss(new() { LabelSmoothing = 0, Headings = 0.5 }, TinyGoods.Labels);
        var p = torch.nn.functional.softmax(logits, 1).data<float>().ToArray().Chunk(12).ToArray();
        var of = TinyGoods.Labels.HeadingOf;
        var mean = all.Average(i => -Math.Log(p[i][data.Labels[i]])
            - (0.5 * Math.Log(Enumerable.Range(0, 12).Where(c => of[c] == of[data.Labels[i]]).Sum(c => p[i][c]))));
        Assert.Equal(mean, both.Compute(new NetworkOutput(logits), data, all).item<float>(), 5);
    }
}
