using System.Globalization;

namespace HsStream.Chaos.Pipeline.Checking;

/// <summary>One line a promise: how much was looked at, and what breaks it.</summary>
internal sealed class CheckReport
{
    private const int Shown = 5;
    private readonly List<Row> _rows = [];

    public bool IsClean => _rows.All(row => row.Violations.Count == 0);

    public IReadOnlyList<string> Broken => [.. _rows.Where(row => row.Violations.Count > 0).Select(row => row.Promise)];

    /// <param name="lookedAt">Things that were held against the promise.</param>
    public void Add(string promise, long lookedAt, IEnumerable<string> violations) => _rows.Add(new Row(promise, lookedAt, [.. violations]));

    /// <summary>A table of all promises, and below it the first violations of each broken one.</summary>
    public override string ToString()
    {
        var width = _rows.Count == 0 ? 0 : _rows.Max(row => row.Promise.Length);
        var lines = _rows.Select(row => string.Create(
                CultureInfo.InvariantCulture, $"{(row.Violations.Count == 0 ? "ok  " : "FAIL")}  {row.Promise.PadRight(width)}  {row.LookedAt,10:N0} looked at  {row.Violations.Count,8:N0} wrong"))
            .Concat(_rows.SelectMany(row => row.Violations.Take(Shown).Select(what => $"      {row.Promise}: {what}")));
        return string.Join('\n', lines);
    }

    private sealed record Row(string Promise, long LookedAt, IReadOnlyList<string> Violations);
}
