using System.Globalization;

namespace HsStream.Cli;

/// <summary>How far long work is: one line that is written over on a terminal, a line every two seconds in a pipe.</summary>
/// <param name="what">What is counted, such as <c>decisions replayed</c>.</param>
/// <param name="total">Null when it is not known.</param>
internal sealed class ProgressLine(TextWriter errors, string what, long? total, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan OnTerminal = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan InPipe = TimeSpan.FromSeconds(2);

    private readonly bool _isTerminal = errors == Console.Error && !Console.IsErrorRedirected;
    private readonly long _start = time.GetTimestamp();
    private long _shown = time.GetTimestamp();
    private long _first = -1;
    private int _width;

    /// <param name="done">Of <c>total</c>; the first call's is where the work began, so that the rate is right after a resumption.</param>
    public void Report(long done, string extra = "")
    {
        if (_first < 0) { _first = done; }
        if (time.GetElapsedTime(_shown) < (_isTerminal ? OnTerminal : InPipe)) { return; }
        _shown = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_start).TotalSeconds;
        var rate = (done - _first) / seconds;
        var text = string.Create(CultureInfo.InvariantCulture, $"{done}{(total is { } all ? $" of {all}" : "")} {what}, {rate:0}/s{Left(done, rate)}{extra}");
        if (!_isTerminal)
        {
            errors.WriteLine(text);
            return;
        }

        errors.Write("\r" + text.PadRight(_width));
        _width = text.Length;
    }

    /// <summary>Clears the line of a terminal.</summary>
    public void Dispose()
    {
        if (_width > 0) { errors.Write("\r" + new string(' ', _width) + "\r"); }
        _width = 0;
    }

    private string Left(long done, double rate)
    {
        if (total is not { } all || rate <= 0 || done >= all) { return ""; }
        var seconds = (all - done) / rate;
        return string.Create(CultureInfo.InvariantCulture, $", {(seconds < 90 ? $"{seconds:0} s" : $"{seconds / 60:0} min")} left");
    }
}
