using System.Runtime.InteropServices;
using HsStream.Training.Torch;
using TorchSharp;

namespace HsStream.Training.Networks;

/// <summary>A learned tensor that every step reads whole.</summary>
/// <param name="Decays">Whether weight decay applies: to matrices, not to biases and scales.</param>
public sealed record DenseParameter(string Name, torch.Tensor Value, bool Decays)
{
    public float[] ToArray()
    {
        // The scope keeps every step of the way alive until the numbers are copied.
        using var scope = torch.NewDisposeScope();
        var local = Value.detach().cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(local.bytes).ToArray();
    }

    public void Set(ReadOnlySpan<float> values)
    {
        if (values.Length != Value.numel()) { throw new ArgumentException($"{Name}: expected {Value.numel()} values, got {values.Length}."); }
        using var none = torch.no_grad();
        using var source = ForwardPass.FromArray(values.ToArray(), Value.shape, torch.CPU);
        Value.copy_(source);
    }
}

/// <summary>The dense parameters of a network, in the order in which they were made.</summary>
public sealed class DenseParameters(long seed, torch.Device? device = null) : IDisposable
{
    private readonly List<DenseParameter> _all = [];

    public IReadOnlyList<DenseParameter> All => _all;

    public torch.Device Device { get; } = device ?? torch.CPU;

    /// <summary>Bell-shaped first values with the given standard deviation; 0 gives zeros.</summary>
    public torch.Tensor Create(string name, double deviation, bool decays, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (product, length) => checked(product * length))];
        var random = Random(_all.Count);
        if (deviation > 0)
        {
            foreach (ref var value in values.AsSpan()) { value = (float)deviation * random.NextBell(); }
        }

        return Add(name, ForwardPass.FromArray(values, shape, Device), decays);
    }

    public torch.Tensor CreateFilled(string name, float value, params long[] shape) =>
        Add(name, torch.full(shape, TensorMath.Number(value), torch.float32, Device), decays: false);

    /// <summary>Takes over a parameter that a layer of libtorch made, with first values of this run's seed.</summary>
    public void Adopt(string name, torch.Tensor value, double deviation, bool decays)
    {
        var random = Random(_all.Count);
        var values = new float[value.numel()];
        foreach (ref var v in values.AsSpan()) { v = (float)deviation * random.NextBell(); }
        var parameter = new DenseParameter(name, value, decays);
        parameter.Set(values);
        _all.Add(parameter);
    }

    public void Dispose()
    {
        foreach (var parameter in _all) { parameter.Value.Dispose(); }
    }

    private torch.Tensor Add(string name, torch.Tensor value, bool decays)
    {
        // Lives longer than the scope in which the network is made.
        value = value.DetachFromDisposeScope();
        value.requires_grad = true;
        _all.Add(new DenseParameter(name, value, decays));
        return value;
    }

    private SeededRandom Random(int index) => SeededRandom.For(seed, 1, index);
}
