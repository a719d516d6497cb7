using HsStream.Training.Networks;
using HsStream.Training.Torch;
using TorchSharp;

namespace HsStream.Training.Fitting;

/// <summary>Steps of the dense weights: AdamW (Loshchilov and Hutter 2019) or Adagrad.</summary>
internal sealed class DenseOptimizer : IDisposable
{
    private const double FirstDecay = 0.9;
    private const double SecondDecay = 0.999;
    private const double Epsilon = 1e-8;
    private readonly OptimizerOptions _options;
    private readonly IReadOnlyList<DenseParameter> _parameters;

    public DenseOptimizer(OptimizerOptions options, IReadOnlyList<DenseParameter> parameters)
    {
        _options = options;
        _parameters = parameters;
        Firsts = [.. parameters.Select(p => Zeros(p, "first"))];
        Seconds = [.. parameters.Select(p => Zeros(p, "second"))];
    }

    /// <summary>Beside the parameters: running means of the gradients. Zero with Adagrad.</summary>
    public IReadOnlyList<DenseParameter> Firsts { get; }

    /// <summary>Beside the parameters: running means, or with Adagrad sums, of the squared gradients.</summary>
    public IReadOnlyList<DenseParameter> Seconds { get; }

    /// <summary>Applies the gradients that the backward pass left, and removes them.</summary>
    /// <param name="factor">Of the step size.</param>
    /// <param name="scale">Of the gradients.</param>
    /// <param name="step">From 0.</param>
    public void Step(double factor, double scale, long step)
    {
        using var none = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var rate = _options.DenseRate * factor;
        for (var i = 0; i < _parameters.Count; i++)
        {
            var (_, value, decays) = _parameters[i];
            if (value.grad is not { } gradient) { continue; }
            if (scale != 1) { gradient.ScaleInPlace(scale); }
            if (decays && _options.WeightDecay > 0) { value.ScaleInPlace(1 - (rate * _options.WeightDecay)); }
            var (first, second) = (Firsts[i].Value, Seconds[i].Value);
            if (_options.Dense == DenseOptimizerKind.AdamW)
            {
                first.ScaleInPlace(FirstDecay).AddInPlace(gradient, 1 - FirstDecay);
                second.ScaleInPlace(SecondDecay).addcmul_(gradient, gradient, TensorMath.Number(1 - SecondDecay));
                var size = Shifted(second.sqrt().ScaleInPlace(1 / Math.Sqrt(1 - Math.Pow(SecondDecay, step + 1))));
                using var change = (-rate / (1 - Math.Pow(FirstDecay, step + 1))).ToScalar();
                value.addcdiv_(first, size, change);
            }
            else
            {
                second.addcmul_(gradient, gradient, TensorMath.Number(1));
                using var change = (-rate).ToScalar();
                value.addcdiv_(gradient, Shifted(second.sqrt()), change);
            }

            gradient.zero_();
        }
    }

    /// <summary>Sum of the squared gradients.</summary>
    public double SumOfSquares()
    {
        using var none = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        return _parameters.Sum(p => p.Value.grad is { } gradient ? gradient.mul(gradient).sum().item<float>() : 0.0);
    }

    public void Dispose()
    {
        foreach (var state in Firsts.Concat(Seconds)) { state.Value.Dispose(); }
    }

    private static torch.Tensor Shifted(torch.Tensor roots) => roots.add_(TensorMath.Number(Epsilon), TensorMath.Number(1));

    private static DenseParameter Zeros(DenseParameter parameter, string name)
    {
        using var none = torch.no_grad();
        return new DenseParameter($"{parameter.Name}.{name}", torch.zeros_like(parameter.Value).DetachFromDisposeScope(), false);
    }
}
