namespace HsStream.Cli.Up;

/// <summary>Waits between restarts of something that keeps ending: 1 s, doubled each time up to 30 s, and 1 s again after it ran for a minute.</summary>
internal sealed class Backoff(TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(1);

    private TimeSpan _next = Shortest;
    private long _started;

    public void Started() => _started = time.GetTimestamp();

    /// <returns>How long to wait before it is started again.</returns>
    public TimeSpan Ended()
    {
        if (time.GetElapsedTime(_started) >= LongEnough) { _next = Shortest; }
        var wait = _next;
        _next = wait * 2 < Longest ? wait * 2 : Longest;
        return wait;
    }
}
