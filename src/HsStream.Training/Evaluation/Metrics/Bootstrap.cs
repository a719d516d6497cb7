using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;

namespace HsStream.Training.Evaluation.Metrics;

/// <param name="Value">On the rows as they are.</param>
/// <param name="Low">Of the interval that holds 95% of the resampled values.</param>
public sealed record Interval(double Value, double Low, double High);

/// <summary>How far the figures would move on other rows of the same kind: percentile intervals over resampled rows.</summary>
/// <remarks>Efron, Bootstrap Methods, 1979 (https://doi.org/10.1214/aos/1176344552). The model stays the same: the spread over seeds is not in it.</remarks>
public sealed record BootstrapIntervals(int Samples, long Seed, Interval Subheading, Interval Heading, Interval Chapter, Interval MacroF1, Interval? AutoShare, Interval? AutoPrecision)
{
    public static BootstrapIntervals Of(IReadOnlyList<EvaluatedRow> rows, long seed, int samples = 1000)
    {
        var table = new RowTable(rows);
        var values = Enumerable.Range(0, Figures).Select(_ => new double[samples]).ToArray();
        var random = new SplitMix(seed);
        var selected = new int[rows.Count];
        Span<double> figures = stackalloc double[Figures];
        for (var sample = 0; sample < samples; sample++)
        {
            for (var i = 0; i < selected.Length; i++) { selected[i] = random.Next(rows.Count); }
            table.Compute(selected, figures);
            for (var f = 0; f < Figures; f++) { values[f][sample] = figures[f]; }
        }

        for (var i = 0; i < selected.Length; i++) { selected[i] = i; }
        table.Compute(selected, figures);
        var point = figures.ToArray();
        var hasDecisions = rows.Any(row => row.Decision is not null);
        return new BootstrapIntervals(
            samples, seed, Read(0), Read(1), Read(2), Read(3), hasDecisions ? Read(4) : null, hasDecisions && !double.IsNaN(point[5]) ? Read(5) : null);

        Interval Read(int figure)
        {
            var sorted = values[figure].Where(value => !double.IsNaN(value)).Order().ToArray();
            return sorted.Length == 0 ? new Interval(point[figure], point[figure], point[figure])
                : new Interval(point[figure], sorted[(int)(0.025 * (sorted.Length - 1))], sorted[(int)Math.Ceiling(0.975 * (sorted.Length - 1))]);
        }
    }

    private const int Figures = 6;

    /// <summary>The rows as numbers, so that a thousand resamples take a moment.</summary>
    private sealed class RowTable
    {
        private readonly byte[] _flags;
        private readonly int[] _truth;
        private readonly int[] _guess;
        private readonly int[] _right;
        private readonly int[] _truths;
        private readonly int[] _guesses;

        public RowTable(IReadOnlyList<EvaluatedRow> rows)
        {
            var index = new Dictionary<HsCode, int>();
            int IndexOf(HsCode code) => index.TryGetValue(code, out var i) ? i : index[code] = index.Count;
            _truth = [.. rows.Select(row => IndexOf(row.Truth))];
            _guess = [.. rows.Select(row => row.Best(HsLevel.Subheading) is { } best ? IndexOf(best) : -1)];
            _flags = [.. rows.Select(row => (byte)(
                (row.IsRight(HsLevel.Subheading) ? 1 : 0) | (row.IsRight(HsLevel.Heading) ? 2 : 0) | (row.IsRight(HsLevel.Chapter) ? 4 : 0)
                | (row.Decision?.Outcome == Outcome.Auto ? 8 : 0)))];
            (_right, _truths, _guesses) = (new int[index.Count], new int[index.Count], new int[index.Count]);
        }

        public void Compute(int[] selected, Span<double> figures)
        {
            Array.Clear(_right);
            Array.Clear(_truths);
            Array.Clear(_guesses);
            var (subheading, heading, chapter, auto, autoRight) = (0, 0, 0, 0, 0);
            foreach (var row in selected)
            {
                var flags = _flags[row];
                subheading += flags & 1;
                heading += (flags >> 1) & 1;
                chapter += (flags >> 2) & 1;
                auto += flags >> 3;
                autoRight += (flags >> 3) & flags;
                _truths[_truth[row]]++;
                _right[_truth[row]] += flags & 1;
                if (_guess[row] >= 0) { _guesses[_guess[row]]++; }
            }

            var (sum, codes) = (0.0, 0);
            for (var i = 0; i < _truths.Length; i++)
            {
                if (_truths[i] == 0) { continue; }
                codes++;
                sum += 2.0 * _right[i] / (_truths[i] + _guesses[i]);
            }

            double n = Math.Max(1, selected.Length);
            figures[0] = subheading / n;
            figures[1] = heading / n;
            figures[2] = chapter / n;
            figures[3] = codes == 0 ? 0 : sum / codes;
            figures[4] = auto / n;
            figures[5] = auto == 0 ? double.NaN : (double)autoRight / auto;
        }
    }

    /// <summary>Steele, Lea and Flood's generator (https://doi.org/10.1145/2660193.2660195): the same numbers on every runtime version.</summary>
    private struct SplitMix(long seed)
    {
        private ulong _state = (ulong)seed;

        public int Next(int below)
        {
            _state += 0x9E3779B97F4A7C15;
            var z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            return (int)(((UInt128)z * (ulong)below) >> 64);
        }
    }
}
