using System.Text;
using HsStream.Training.Evaluation.Costs;
using Xunit;

namespace HsStream.UnitTests.Training.Evaluation;

public sealed class CostTests
{
    [Fact]
    public void Percentiles_are_times_that_so_many_samples_do_not_exceed()
    {
        var latency = Latency.Of(Enumerable.Range(1, 200).Reverse().Select(ms => TimeSpan.FromMilliseconds(ms)));
        Assert.Equal(new Latency(100, 198, 200), latency);
        Assert.Equal(new Latency(7, 7, 1), Latency.Of([TimeSpan.FromMilliseconds(7)]));
    }

    [Fact]
    public void Weights_are_counted_and_shapes_are_not()
    {
        // float [3, 4] with its dimensions apart, int8 [10] with them packed, an int64 shape.
        byte[] model = Message(7, [.. Message(5, [8, 3, 8, 4, 16, 1]), .. Message(5, [10, 1, 10, 16, 3]), .. Message(5, [8, 2, 16, 7]), .. Message(1, Encoding.ASCII.GetBytes("node"))]);
        Assert.Equal(22, WeightCount.Of(model));
        Assert.Equal(0, WeightCount.Of(Encoding.ASCII.GetBytes("no model at all")));
        Assert.Equal(0, WeightCount.Of([]));
    }

    private static byte[] Message(int field, byte[] body) => [(byte)((field << 3) | 2), (byte)body.Length, .. body];
}
