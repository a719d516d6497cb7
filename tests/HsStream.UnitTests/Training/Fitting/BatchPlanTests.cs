using HsStream.Training.Fitting;
using Xunit;

namespace HsStream.UnitTests.Training.Fitting;

public sealed class BatchPlanTests
{
    private static readonly LabelledRows Data = TinyGoods.Data(230, 3);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_epoch_visits_every_row_once_in_an_order_of_its_own(bool byLength)
    {
        var plan = new BatchPlan(Data, new() { BatchSize = 32 }, byLength, seed: 1);
        var (first, second) = (plan.Epoch(0), plan.Epoch(1));
        Assert.Equal(Enumerable.Range(0, 230), first.SelectMany(b => b).Order());
        Assert.Equal(plan.StepsPerEpoch, first.Length);
        Assert.NotEqual(first.SelectMany(b => b), second.SelectMany(b => b));
        Assert.Equal(first.SelectMany(b => b), new BatchPlan(Data, new() { BatchSize = 32 }, byLength, seed: 1).Epoch(0).SelectMany(b => b));
        Assert.NotEqual(first.SelectMany(b => b), new BatchPlan(Data, new() { BatchSize = 32 }, byLength, seed: 2).Epoch(0).SelectMany(b => b));
    }

    [Fact]
    public void Rare_labels_are_repeated_evenly_up_to_the_number_asked_for_and_frequent_ones_are_left_alone()
    {
        var plan = new BatchPlan(Data, new() { BatchSize = 32, MinRowsPerLabel = 25 }, false, seed: 1);
        var rows = plan.Epoch(0).SelectMany(b => b).ToList();
        Assert.Equal(plan.RowsPerEpoch, rows.Count);
        foreach (var label in Data.Labels.Distinct())
        {
            var own = rows.Where(row => Data.Labels[row] == label).GroupBy(row => row).Select(g => g.Count()).ToList();
            Assert.Equal(Data.Labels.Count(l => l == label), own.Count);
            Assert.Equal(Math.Max(25, own.Count), own.Sum());
            Assert.InRange(own.Max() - own.Min(), 0, 1);
        }
    }

    [Fact]
    public void Batches_by_length_hold_texts_of_like_length()
    {
        double Spread(bool byLength) => new BatchPlan(Data, new() { BatchSize = 16 }, byLength, 1).Epoch(0)
            .Average(batch => batch.Max(row => Data.Rows.TokenIds(row).Length) - batch.Min(row => Data.Rows.TokenIds(row).Length));
        Assert.True(Spread(true) < Spread(false) / 3);
    }

    [Fact]
    public void Equal_texts_are_held_out_together_and_the_share_is_kept()
    {
        var texts = TinyGoods.Texts(4000, 1).Select(t => t.Text).ToList();
        texts.AddRange(texts.Take(500).Select(t => $" {t.ToUpperInvariant()} "));
        var (training, held) = HeldOut.Split(texts, 0.1, 5);
        Assert.Equal(texts.Count, training.Length + held.Length);
        Assert.InRange(held.Length / (double)texts.Count, 0.08, 0.12);
        var apart = held.Select(row => texts[row].Trim().ToUpperInvariant()).ToHashSet();
        Assert.DoesNotContain(training, row => apart.Contains(texts[row].Trim().ToUpperInvariant()));
        Assert.NotEqual(held, HeldOut.Split(texts, 0.1, 6).HeldOut);
        Assert.Empty(HeldOut.Split(texts, 0, 5).HeldOut);
        Assert.Empty(HeldOut.Split(texts, 1, 5).Training);
    }
}
