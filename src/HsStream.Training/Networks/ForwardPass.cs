using System.Runtime.InteropServices;
using TorchSharp;

namespace HsStream.Training.Networks;

/// <summary>One way of a batch through a network. In training it drops features and units, and notes every look-up for the optimiser.</summary>
/// <remarks>All randomness comes from the seed and the step, so an interrupted run that goes on draws the same numbers.</remarks>
public sealed class ForwardPass
{
    private readonly long _seed;
    private readonly long _step;
    private readonly torch.Device _device;
    private readonly List<EmbeddingUse> _uses = [];
    private int _site;
    private torch.Tensor? _valid;
    private torch.Tensor? _lengths;

    private ForwardPass(NetworkBatch batch, bool isTraining, long seed, long step, torch.Device? device)
    {
        Batch = batch;
        IsTraining = isTraining;
        _seed = seed;
        _step = step;
        _device = device ?? torch.CPU;
    }

    public NetworkBatch Batch { get; }

    public bool IsTraining { get; }

    /// <summary>Look-ups so far, in order.</summary>
    public IReadOnlyList<EmbeddingUse> Uses => _uses;

    public static ForwardPass Train(NetworkBatch batch, long seed, long step, torch.Device? device = null) => new(batch, true, seed, step, device);

    public static ForwardPass Infer(NetworkBatch batch, torch.Device? device = null) => new(batch, false, 0, 0, device);

    /// <summary>Sums the n-gram vectors of each row: [Rows, table width].</summary>
    /// <param name="featureDropout">Share of n-grams left out in training; the others weigh more in return.</param>
    public torch.Tensor SumNgrams(EmbeddingTable table, double featureDropout)
    {
        var count = Batch.NgramCount;
        var ids = RowsOf(Batch.NgramIds, count, table);
        var weights = IsTraining && featureDropout > 0 ? Drop(Batch.NgramWeights, count, featureDropout) : Batch.NgramWeights;
        var output = new float[Batch.Rows * table.Width];
        var offsets = Batch.NgramOffsets.ToArray();
        table.Sum(offsets, Batch.Rows, ids, weights, output);
        var positions = Array.Empty<int>();
        if (IsTraining)
        {
            positions = new int[count];
            for (var row = 0; row < Batch.Rows; row++) { positions.AsSpan(offsets[row]..offsets[row + 1]).Fill(row); }
        }

        return Leaf(table, output, [Batch.Rows, table.Width], count, ids, weights, positions);
    }

    /// <summary>The vectors of each row's tokens in order: [Rows, TokenWidth, table width], zero at padding.</summary>
    public torch.Tensor Tokens(EmbeddingTable table)
    {
        var count = Batch.Rows * Batch.TokenWidth;
        var ids = RowsOf(Batch.TokenIds, count, table);
        var output = new float[count * table.Width];
        table.Copy(ids, count, output);
        int[] positions = [];
        float[] weights = [];
        if (IsTraining)
        {
            // Padding teaches row 0 nothing.
            weights = new float[count];
            positions = new int[count];
            for (var i = 0; i < count; i++) { (positions[i], weights[i]) = (i, ids[i] == 0 ? 0 : 1); }
        }

        return Leaf(table, output, [Batch.Rows, Batch.TokenWidth, table.Width], count, ids, weights, positions);
    }

    /// <summary>1 where there is a token, 0 at padding: float32 [Rows, TokenWidth].</summary>
    public torch.Tensor Valid => _valid ??= torch.tensor(
        Batch.TokenIds.AsSpan(0, Batch.Rows * Batch.TokenWidth).ToArray().Select(id => id == 0 ? 0f : 1f).ToArray(), [Batch.Rows, Batch.TokenWidth]).to(_device);

    /// <summary>Tokens of each row: float32 [Rows].</summary>
    public torch.Tensor Lengths => _lengths ??= Valid.sum(1);

    /// <summary>Sets a share of the elements to zero in training and scales the others up; otherwise the value itself.</summary>
    public torch.Tensor Dropout(torch.Tensor value, double share)
    {
        if (!IsTraining || share <= 0) { return value; }
        var mask = new float[value.numel()];
        var random = Site();
        var (threshold, kept) = Thresholds(share);
        for (var i = 0; i < mask.Length; i += 4)
        {
            var bits = random.NextBits();
            for (var j = i; j < Math.Min(mask.Length, i + 4); j++, bits >>= 16) { mask[j] = (bits & 0xffff) < threshold ? 0 : kept; }
        }

        return value * FromArray(mask, value.shape, _device);
    }

    /// <summary>A tensor that holds the array's values.</summary>
    internal static torch.Tensor FromArray(float[] values, long[] shape, torch.Device device)
    {
        var tensor = torch.empty(shape, torch.float32);
        values.AsSpan().CopyTo(MemoryMarshal.Cast<byte, float>(tensor.bytes));
        return device.type == DeviceType.CPU ? tensor : tensor.to(device);
    }

    private static (ulong Threshold, float Kept) Thresholds(double share)
    {
        var threshold = (ulong)Math.Round(share * 65536);
        return (threshold, (float)(65536.0 / (65536 - threshold)));
    }

    private static int[] RowsOf(int[] ids, int count, EmbeddingTable table)
    {
        foreach (var id in ids.AsSpan(0, count))
        {
            if (id >= table.Rows) { return Array.ConvertAll(ids.AsSpan(0, count).ToArray(), table.RowOf); }
        }

        return ids;
    }

    private float[] Drop(float[] weights, int count, double share)
    {
        var kept = new float[count];
        var random = Site();
        var (threshold, factor) = Thresholds(share);
        for (var i = 0; i < count; i += 4)
        {
            var bits = random.NextBits();
            for (var j = i; j < Math.Min(count, i + 4); j++, bits >>= 16) { kept[j] = (bits & 0xffff) < threshold ? 0 : weights[j] * factor; }
        }

        return kept;
    }

    private SeededRandom Site() => SeededRandom.For(_seed, _step, _site++);

    private torch.Tensor Leaf(EmbeddingTable table, float[] values, long[] shape, int count, int[] ids, float[] weights, int[] positions)
    {
        var leaf = FromArray(values, shape, _device);
        if (IsTraining)
        {
            leaf.requires_grad = true;
            _uses.Add(new EmbeddingUse(table, leaf, count, ids, weights, positions));
        }

        return leaf;
    }
}
