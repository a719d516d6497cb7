namespace HsStream.Training.Evaluation.Reports.Plots;

/// <summary>Two axes with a grid, and what is drawn between them.</summary>
internal sealed class Chart
{
    private const int Left = 54;
    private const int Right = 22;
    private const int Top = 12;
    private const int Bottom = 44;

    private readonly Axis _x;
    private readonly Axis _y;

    public Chart(string label, Axis x, Axis y, int width = 500, int height = 360)
    {
        (_x, _y) = (x, y);
        Picture = new Svg(width, height, label);
        foreach (var tick in x.Ticks)
        {
            Picture.Line(X(tick), Top, X(tick), height - Bottom, "grid");
            Picture.Text(X(tick), height - Bottom + 16, x.Format(tick), anchor: "middle");
        }

        foreach (var tick in y.Ticks)
        {
            Picture.Line(Left, Y(tick), width - Right, Y(tick), "grid");
            Picture.Text(Left - 8, Y(tick) + 4, y.Format(tick), anchor: "end");
        }

        Picture.Line(Left, height - Bottom, width - Right, height - Bottom, "axis");
        Picture.Line(Left, Top, Left, height - Bottom, "axis");
        Picture.Text((Left + width - Right) / 2.0, height - 8, x.Name, "label", "middle");
        Picture.Text(14, (Top + height - Bottom) / 2.0, y.Name, "label", "middle", rotate: -90);
    }

    public Svg Picture { get; }

    public double X(double value) => Left + ((value - _x.From) / (_x.To - _x.From) * (Picture.Width - Left - Right));

    public double Y(double value) => Picture.Height - Bottom - ((value - _y.From) / (_y.To - _y.From) * (Picture.Height - Top - Bottom));

    public void Curve(IEnumerable<(double X, double Y)> points, string style) => Picture.Polyline(points.Select(p => (X(p.X), Y(p.Y))), style);

    public void Mark(double x, double y, string style, string tip, double radius = 4) => Picture.Circle(X(x), Y(y), radius, style, tip);

    /// <summary>A line over the whole width at one height.</summary>
    public void Level(double y, string style) => Picture.Line(X(_x.From), Y(y), X(_x.To), Y(y), style);

    public override string ToString() => Picture.ToString();
}

/// <param name="Ticks">Where grid and numbers are.</param>
internal sealed record Axis(string Name, double From, double To, IReadOnlyList<double> Ticks, Func<double, string> Format)
{
    /// <summary>Shares from a round number up to 1, as percent.</summary>
    public static Axis Shares(string name, double from = 0)
    {
        var step = from >= 0.8 ? 0.05 : from >= 0.5 ? 0.1 : 0.2;
        var ticks = Enumerable.Range(0, (int)Math.Round((1 - from) / step) + 1).Select(i => from + (i * step)).ToList();
        return new Axis(name, from, 1, ticks, tick => Figures.Number(100 * tick, "0") + "%");
    }

    /// <summary>Whole numbers from 0 to at least <paramref name="most"/>, in about five steps of 1, 2 or 5 times a power of ten.</summary>
    public static Axis Whole(string name, double most)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(1, most / 5))));
        int[] factors = [1, 2, 5, 10];
        var step = factors.Select(f => f * power).First(s => most / s <= 6);
        return new Axis(name, 0, most, [.. Enumerable.Range(0, (int)(most / step) + 1).Select(i => i * step)], Figures.Whole);
    }
}
