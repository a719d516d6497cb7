using HsStream.Training.Evaluation.Prequential;

namespace HsStream.Training.Evaluation.Reports.Plots;

/// <summary>How a model and its memory do as the stream goes on.</summary>
internal static class StreamPlot
{
    public static string Draw(PrequentialResult stream)
    {
        var last = stream.Blocks[^1];
        var chart = new Chart("Accuracy along the stream", Axis.Whole("row of the stream", last.FirstRow + last.Rows), Axis.Shares("right six-digit code"), 1040, 320);
        Series("curve c", block => block.KnownShare, "known texts");
        Series("curve a", block => block.ModelSubheading, "model");
        Series("curve b", block => block.WithMemorySubheading, "with memory");
        return chart.ToString();

        void Series(string style, Func<PrequentialBlock, double> value, string name)
        {
            var points = stream.Blocks.Select(block => (X: block.FirstRow + (block.Rows / 2.0), Y: value(block), block)).ToList();
            chart.Curve(points.Select(p => (p.X, p.Y)), style);
            foreach (var point in points)
            {
                chart.Mark(point.X, point.Y, style.Replace("curve", "dot", StringComparison.Ordinal), $"{name}, rows from {Figures.Whole(point.block.FirstRow)}: {Figures.Percent(point.Y)}");
            }
        }
    }
}
