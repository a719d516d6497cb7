using System.Globalization;
using System.Numerics;

namespace HsStream.Training.Networks;

/// <summary>A hyper-parameter is out of its range, or two contradict each other. The message names it, what is allowed and what was given.</summary>
public sealed class HyperParameterException(string message) : Exception(message)
{
    internal static void Require(bool holds, string name, string allowed, object? found)
    {
        if (!holds)
        {
            throw new HyperParameterException(string.Create(CultureInfo.InvariantCulture, $"{name} must be {allowed}, and is {found}."));
        }
    }

    /// <summary>Both ends are allowed; NaN is not.</summary>
    internal static void RequireRange<T>(T value, T least, T most, string name)
        where T : INumber<T> => Require(value >= least && value <= most, name, string.Create(CultureInfo.InvariantCulture, $"{least} to {most}"), value);
}
