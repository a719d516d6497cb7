using HsStream.Training.Networks;
using HsStream.Training.Torch;
using TorchSharp;

namespace HsStream.Training.Fitting;

/// <summary>A teacher's probabilities of the likeliest labels of each row; the rest is spread evenly over the other labels.</summary>
public sealed class SoftTargets
{
    private readonly int _kept;
    private readonly int _labels;
    private readonly int[] _ids;
    private readonly float[] _probabilities;

    private SoftTargets(int count, int kept, int labels)
    {
        Count = count;
        _kept = kept;
        _labels = labels;
        _ids = new int[count * kept];
        _probabilities = new float[count * kept];
    }

    public int Count { get; }

    /// <summary>Asks the teacher about all rows.</summary>
    /// <param name="temperature">Scores are divided by this before the softmax; above 1 shows more of what is similar.</param>
    /// <param name="kept">Labels kept for each row.</param>
    public static SoftTargets From(INetwork teacher, IFeatureRows rows, double temperature, int kept, CancellationToken cancellationToken)
    {
        var labels = teacher.Labels.Codes.Count;
        kept = Math.Min(kept, labels);
        var targets = new SoftTargets(rows.Count, kept, labels);
        Inference.ForBatches(teacher, rows, (start, output) =>
        {
            var (values, ids) = torch.nn.functional.softmax(output.Logits.Times(1 / temperature), 1).topk(kept, 1);
            values.cpu().contiguous().data<float>().ToArray().CopyTo(targets._probabilities.AsSpan(start * kept));
            Array.ConvertAll(ids.cpu().contiguous().data<long>().ToArray(), id => (int)id).CopyTo(targets._ids.AsSpan(start * kept));
        }, cancellationToken);
        return targets;
    }

    /// <summary>[rows, labels]; each row adds up to 1.</summary>
    internal torch.Tensor Dense(ReadOnlySpan<int> rows, torch.Device device)
    {
        var dense = new float[rows.Length * _labels];
        for (var i = 0; i < rows.Length; i++)
        {
            var target = dense.AsSpan(i * _labels, _labels);
            var ids = _ids.AsSpan(rows[i] * _kept, _kept);
            var probabilities = _probabilities.AsSpan(rows[i] * _kept, _kept);
            var sum = 0f;
            foreach (var p in probabilities) { sum += p; }
            target.Fill(_labels > _kept ? Math.Max(0, 1 - sum) / (_labels - _kept) : 0);
            for (var k = 0; k < _kept; k++) { target[ids[k]] = probabilities[k]; }
        }

        return ForwardPass.FromArray(dense, [rows.Length, _labels], device);
    }
}
