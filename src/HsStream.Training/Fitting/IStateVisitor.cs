using HsStream.Training.Networks;

namespace HsStream.Training.Fitting;

/// <summary>Goes over the state of a run to save it, or to set it from what was saved; both meet the same parts in the same order.</summary>
internal interface IStateVisitor
{
    /// <summary>Saves and returns <paramref name="value"/>, or returns what was saved.</summary>
    int Number(string name, int value);

    long Number(string name, long value);

    double Number(string name, double value);

    void Floats(string name, float[] values);

    void Longs(string name, long[] values);

    void Parameter(string name, DenseParameter parameter);
}
