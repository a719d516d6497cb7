using System.Globalization;
using HsStream.Training.Networks;

namespace HsStream.Training.Tuning;

/// <summary>One hyper-parameter that a search may choose. Every kind maps its values to [0, 1] and back.</summary>
public abstract record SearchAxis(string Name)
{
    /// <summary>Coordinates that a point of the search has for this axis.</summary>
    internal virtual int Width => 1;

    /// <summary>The value at coordinates in [0, 1].</summary>
    internal abstract SearchValue FromUnit(ReadOnlySpan<double> unit);

    /// <summary>The coordinates of a value; those of two values differ when the values do.</summary>
    internal abstract void ToUnit(SearchValue value, Span<double> unit);

    /// <exception cref="HyperParameterException">The range is empty.</exception>
    internal abstract void Validate();
}

/// <summary>Any number of a range.</summary>
/// <param name="IsLog">Whether factors count instead of differences, as for step sizes.</param>
public sealed record ContinuousAxis(string Name, double Least, double Most, bool IsLog = false) : SearchAxis(Name)
{
    internal override SearchValue FromUnit(ReadOnlySpan<double> unit) => SearchValue.Of(IsLog
        ? Math.Clamp(Math.Exp(Math.Log(Least) + (unit[0] * (Math.Log(Most) - Math.Log(Least)))), Least, Most)
        : Math.Clamp(Least + (unit[0] * (Most - Least)), Least, Most));

    internal override void ToUnit(SearchValue value, Span<double> unit) => unit[0] = IsLog
        ? (Math.Log(value.Number) - Math.Log(Least)) / (Math.Log(Most) - Math.Log(Least))
        : (value.Number - Least) / (Most - Least);

    internal override void Validate() => HyperParameterException.Require(
        double.IsFinite(Least) && double.IsFinite(Most) && Least < Most && (!IsLog || Least > 0), Name, IsLog ? "a range above 0" : "a range", $"{Least} to {Most}");
}

/// <summary>Any whole number of a range.</summary>
/// <param name="IsLog">Whether factors count instead of differences, as for widths.</param>
public sealed record IntegerAxis(string Name, int Least, int Most, bool IsLog = false) : SearchAxis(Name)
{
    internal override SearchValue FromUnit(ReadOnlySpan<double> unit)
    {
        // Half a step on either side, so that the ends are as likely as the rest.
        var (low, high) = (Scale(Least - 0.5), Scale(Most + 0.5));
        var at = low + (unit[0] * (high - low));
        return SearchValue.Of(Math.Clamp(Math.Round(IsLog ? Math.Exp(at) : at), Least, Most));
    }

    internal override void ToUnit(SearchValue value, Span<double> unit) =>
        unit[0] = (Scale(value.Number) - Scale(Least - 0.5)) / (Scale(Most + 0.5) - Scale(Least - 0.5));

    internal override void Validate() =>
        HyperParameterException.Require(Least <= Most && (!IsLog || Least > 0), Name, IsLog ? "a range above 0" : "a range", $"{Least} to {Most}");

    private double Scale(double value) => IsLog ? Math.Log(value) : value;
}

/// <summary>One of several names, none nearer to another than to a third.</summary>
public sealed record ChoiceAxis(string Name, IReadOnlyList<string> Choices) : SearchAxis(Name)
{
    // One coordinate for each choice; the largest wins.
    internal override int Width => Choices.Count;

    internal override SearchValue FromUnit(ReadOnlySpan<double> unit)
    {
        var best = 0;
        for (var i = 1; i < unit.Length; i++) { best = unit[i] > unit[best] ? i : best; }
        return SearchValue.Of(Choices[best]);
    }

    internal override void ToUnit(SearchValue value, Span<double> unit)
    {
        for (var i = 0; i < unit.Length; i++) { unit[i] = Choices[i] == value.Text ? 1 : 0; }
    }

    internal override void Validate() => HyperParameterException.Require(
        Choices.Count >= 2 && Choices.Distinct().Count() == Choices.Count, Name, "at least two different choices", string.Join(' ', Choices));
}

/// <summary>A chosen value: a number, or the name of a choice.</summary>
public readonly record struct SearchValue(double Number, string? Text)
{
    public static SearchValue Of(double number) => new(number, null);

    public static SearchValue Of(string text) => new(0, text);

    public override string ToString() => Text ?? Number.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>The hyper-parameters of a search and what each may be.</summary>
public sealed class SearchSpace
{
    /// <exception cref="HyperParameterException">No axis, a name twice, or an empty range.</exception>
    public SearchSpace(params IReadOnlyList<SearchAxis> axes)
    {
        HyperParameterException.Require(axes.Count > 0, "the search space", "at least one hyper-parameter", axes.Count);
        HyperParameterException.Require(axes.Select(a => a.Name).Distinct().Count() == axes.Count, "the search space", "of different names", string.Join(' ', axes.Select(a => a.Name)));
        foreach (var axis in axes) { axis.Validate(); }
        Axes = axes;
        Width = axes.Sum(axis => axis.Width);
    }

    public IReadOnlyList<SearchAxis> Axes { get; }

    /// <summary>Coordinates of a point.</summary>
    internal int Width { get; }

    internal SearchPoint FromUnit(double[] unit)
    {
        var values = new Dictionary<string, SearchValue>();
        var at = 0;
        foreach (var axis in Axes)
        {
            values.Add(axis.Name, axis.FromUnit(unit.AsSpan(at, axis.Width)));
            at += axis.Width;
        }

        return new SearchPoint(values);
    }

    /// <summary>Coordinates of the values themselves: points that round to the same values get the same.</summary>
    internal double[] ToUnit(SearchPoint point)
    {
        var unit = new double[Width];
        var at = 0;
        foreach (var axis in Axes)
        {
            axis.ToUnit(point.Values[axis.Name], unit.AsSpan(at, axis.Width));
            at += axis.Width;
        }

        return unit;
    }

    internal double[] Random(ref SeededRandom random)
    {
        var unit = new double[Width];
        foreach (ref var coordinate in unit.AsSpan()) { coordinate = random.NextDouble(); }
        return unit;
    }
}

/// <summary>A value for each hyper-parameter.</summary>
public sealed class SearchPoint(IReadOnlyDictionary<string, SearchValue> values)
{
    public IReadOnlyDictionary<string, SearchValue> Values { get; } = values;

    public double Number(string name) => Values[name].Number;

    public int WholeNumber(string name) => (int)Values[name].Number;

    public string Choice(string name) => Values[name].Text ?? throw new ArgumentException($"{name} is a number.");

    public override string ToString() => string.Join(", ", Values.Select(v => $"{v.Key}={v.Value}"));
}
