using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Disk;

/// <summary>
/// Watches the free space of the data directory. While it is below the reserve, producers are refused, so that offset commits,
/// transaction markers and deletions, which free space or let consumers go on, can still be written.
/// </summary>
internal sealed partial class DiskSpaceGuard : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IDisk _disk;
    private readonly string _directory;
    private readonly long _reserveBytes;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private long _freeBytes;

    public DiskSpaceGuard(IDisk disk, string directory, long reserveBytes, TimeProvider time, ILogger logger)
    {
        (_disk, _directory, _reserveBytes, _logger) = (disk, directory, reserveBytes, logger);
        Check();
        _timer = time.CreateTimer(_ => Check(), null, Interval, Interval);
    }

    public long FreeBytes => Volatile.Read(ref _freeBytes);

    /// <summary>Producers must wait until there is room.</summary>
    public bool IsLow => FreeBytes < _reserveBytes;

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Check()
    {
        var wasLow = FreeBytes != 0 && IsLow;
        try
        {
            Volatile.Write(ref _freeBytes, Math.Max(1, _disk.FreeBytes(_directory)));
        }
        catch (IOException exception)
        {
            // The next append finds out by itself; the last figure stands until then.
            LogUnknown(_logger, _directory, exception);
            return;
        }

        if (IsLow && !wasLow) { LogLow(_logger, FreeBytes, _reserveBytes); }
        if (!IsLow && wasLow) { LogEnough(_logger, FreeBytes); }
    }

    [LoggerMessage(2101, LogLevel.Error, "Only {FreeBytes} bytes are free, less than the reserve of {ReserveBytes}: producers are refused until there is room")]
    private static partial void LogLow(ILogger logger, long freeBytes, long reserveBytes);

    [LoggerMessage(2102, LogLevel.Information, "{FreeBytes} bytes are free again: producers are served")]
    private static partial void LogEnough(ILogger logger, long freeBytes);

    [LoggerMessage(2103, LogLevel.Warning, "Cannot tell how much space is free in {Directory}")]
    private static partial void LogUnknown(ILogger logger, string directory, Exception exception);
}
