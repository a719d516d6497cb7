namespace HsStream.Training.Export;

#pragma warning disable CA1720 // These are ONNX's names.
/// <summary>Element types of a graph's values, by their ONNX numbers.</summary>
public enum ElementType
{
    Float32 = 1,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
    Bool = 9,
    Float16 = 10,

    /// <summary>Two in a byte, the first in its lower half.</summary>
    Int4 = 22,
}
#pragma warning restore CA1720

/// <summary>One axis of a shape: a length known when the graph is written, or a name for a length known at run time.</summary>
/// <remarks>Axes with the same name have the same length; a name is equal to itself alone.</remarks>
public readonly record struct Axis
{
    private Axis(long length, string? name)
    {
        Length = length;
        Name = name;
    }

    /// <summary>-1 when the axis has a name.</summary>
    public long Length { get; }

    public string? Name { get; }

    public bool IsKnown => Name is null;

    public static implicit operator Axis(long length) => length >= 0 ? new(length, null) : throw new ArgumentOutOfRangeException(nameof(length));

    public static implicit operator Axis(string name) => new(-1, name);

    public override string ToString() => Name ?? Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Lengths of a value's axes; compares by content.</summary>
public sealed class TensorShape : IEquatable<TensorShape>
{
    private readonly Axis[] _axes;

    public TensorShape(params ReadOnlySpan<Axis> axes) => _axes = axes.ToArray();

    public int Rank => _axes.Length;

    public ReadOnlySpan<Axis> Axes => _axes;

    public Axis this[Index axis] => _axes[axis];

    /// <summary>Number of elements.</summary>
    /// <exception cref="InvalidOperationException">An axis is known only at run time.</exception>
    public long Count => _axes.All(a => a.IsKnown)
        ? _axes.Aggregate(1L, (product, axis) => checked(product * axis.Length))
        : throw new InvalidOperationException($"The size of {this} is known only at run time.");

    public TensorShape Append(params ReadOnlySpan<Axis> axes) => new([.. _axes, .. axes]);

    public TensorShape With(Index axis, Axis length)
    {
        var changed = (Axis[])_axes.Clone();
        changed[axis] = length;
        return new TensorShape(changed);
    }

    public TensorShape Without(int axis) => new([.. _axes[..axis], .. _axes[(axis + 1)..]]);

    /// <summary>The shape of an elementwise operation's result (ONNX, "Multidirectional Broadcasting"); null when the two do not fit.</summary>
    public static TensorShape? Broadcast(TensorShape left, TensorShape right)
    {
        var rank = Math.Max(left.Rank, right.Rank);
        var axes = new Axis[rank];
        for (var i = 1; i <= rank; i++)
        {
            Axis a = i <= left.Rank ? left[^i] : 1;
            Axis b = i <= right.Rank ? right[^i] : 1;
            if (a != b && a != 1 && b != 1) { return null; }
            axes[^i] = a == 1 ? b : a;
        }

        return new TensorShape(axes);
    }

    public bool Equals(TensorShape? other) => other is not null && _axes.AsSpan().SequenceEqual(other._axes);

    public override bool Equals(object? obj) => Equals(obj as TensorShape);

    public override int GetHashCode() => _axes.Aggregate(17, HashCode.Combine);

    public override string ToString() => $"[{string.Join(", ", _axes)}]";
}
