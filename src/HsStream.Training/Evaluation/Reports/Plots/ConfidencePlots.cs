using HsStream.Training.Evaluation.Metrics;

namespace HsStream.Training.Evaluation.Reports.Plots;

/// <summary>Whether a model knows what it knows.</summary>
internal static class ConfidencePlots
{
    /// <summary>What was said against what came true: on the diagonal when honest.</summary>
    public static string Reliability(EvaluationMetrics metrics)
    {
        var chart = new Chart("Reliability", Axis.Shares("stated probability"), Axis.Shares("came true"));
        chart.Curve([(0, 0), (1, 1)], "ideal");
        Series(metrics.Reliability, "a", "probability of the code");
        if (metrics.ChanceReliability is { } chance) { Series(chance, "b", "chance of the decision"); }
        return chart.ToString();

        void Series(CalibrationMetrics calibration, string colour, string name)
        {
            chart.Curve(calibration.Bins.Select(bin => (bin.MeanProbability, bin.Accuracy)), $"curve {colour}");
            foreach (var bin in calibration.Bins)
            {
                chart.Mark(
                    bin.MeanProbability, bin.Accuracy, $"dot {colour}",
                    $"{name}: stated {Figures.Percent(bin.MeanProbability)}, true {Figures.Percent(bin.Accuracy)} of {bin.Rows} rows");
            }
        }
    }

    /// <summary>How many can be decided at which precision, and where the model's own threshold stands.</summary>
    public static string PrecisionCoverage(EvaluationMetrics metrics)
    {
        var lowest = metrics.ByProbability.Points.Concat(metrics.ByChance?.Points ?? []).Select(point => point.Precision).DefaultIfEmpty(0).Min();
        var chart = new Chart("Precision and coverage", Axis.Shares("share decided without a person"), Axis.Shares("of those, right code", Math.Min(0.8, Math.Floor(lowest * 10) / 10)));
        chart.Level(0.9, "ideal");
        chart.Curve(metrics.ByProbability.Points.Select(point => (point.Coverage, point.Precision)), "curve a");
        if (metrics.ByChance is { } chance) { chart.Curve(chance.Points.Select(point => (point.Coverage, point.Precision)), "curve b"); }
        if (metrics.Decisions is { AutoPrecision: { } precision } decisions && precision >= lowest)
        {
            chart.Mark(decisions.AutoShare, precision, "dot b ring", $"AUTO: {Figures.Percent(decisions.AutoShare)} decided, {Figures.Percent(precision)} right", 6);
        }

        return chart.ToString();
    }
}
