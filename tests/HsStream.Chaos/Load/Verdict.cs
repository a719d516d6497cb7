using System.Collections.Concurrent;

namespace HsStream.Chaos.Load;

/// <summary>What a checker found wrong; empty when every promise held.</summary>
internal sealed class Verdict
{
    private const int Shown = 10;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _violations = new();

    public bool IsClean => _violations.IsEmpty;

    public void Violation(string promise, string what) => _violations.GetOrAdd(promise, _ => new()).Enqueue(what);

    public override string ToString() => IsClean
        ? "no violation"
        : string.Join('\n', _violations.Select(one => $"{one.Value.Count} x {one.Key}: {string.Join("; ", one.Value.Take(Shown))}"));
}
