using System.Collections.Concurrent;
using TorchSharp;

namespace HsStream.Training.Torch;

/// <summary>Arithmetic of tensors with numbers, safe from the garbage collector.</summary>
/// <remarks>
/// TorchSharp wraps a number in an object with a finaliser and hands libtorch its address; nothing keeps the object alive during the call, so a
/// collection at that moment frees the number while it is read. That also goes for a sum of two tensors, which passes a factor of 1. It was
/// seen under load as an internal error of libtorch, and can as well be a wrong number without any error. So numbers come from here, where they
/// are never collected or live until the call is over; BannedSymbols.Torch.txt forbids the other ways. Tensors are kept alive by dispose scopes.
/// </remarks>
internal static class TensorMath
{
    private static readonly ConcurrentDictionary<double, Scalar> Kept = new();

    /// <summary>A number that is kept for good: for constants and settings, not for what changes with every step.</summary>
    public static Scalar Number(double value) => Kept.GetOrAdd(value, static v => v.ToScalar());

    public static torch.Tensor Plus(this torch.Tensor left, torch.Tensor right) => left.add(right, Number(1));

    public static torch.Tensor Minus(this torch.Tensor left, torch.Tensor right) => left.add(right, Number(-1));

    public static torch.Tensor Plus(this torch.Tensor left, double right) => left.add(Number(right), Number(1));

    public static torch.Tensor Times(this torch.Tensor left, double right) => left.mul(Number(right));

    /// <summary>left += scale x right, for a scale that may differ each time.</summary>
    public static torch.Tensor AddInPlace(this torch.Tensor left, torch.Tensor right, double scale)
    {
        using var factor = scale.ToScalar();
        return left.add_(right, factor);
    }

    /// <summary>left *= scale, for a scale that may differ each time.</summary>
    public static torch.Tensor ScaleInPlace(this torch.Tensor left, double scale)
    {
        using var factor = scale.ToScalar();
        return left.mul_(factor);
    }
}
