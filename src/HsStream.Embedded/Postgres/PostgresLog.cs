using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Postgres;

/// <summary>Event ids 5000-5999.</summary>
internal static partial class PostgresLog
{
    [LoggerMessage(5000, LogLevel.Information, "Creating a PostgreSQL {Major} cluster in {Directory} for user {User}")]
    public static partial void ClusterCreating(this ILogger logger, int major, string directory, string user);

    [LoggerMessage(5001, LogLevel.Information, "PostgreSQL {Version} answers on port {Port} after {Elapsed}")]
    public static partial void ServerReady(this ILogger logger, Version version, int port, TimeSpan elapsed);

    [LoggerMessage(5002, LogLevel.Warning, "Stopping PostgreSQL process {ProcessId}, left over from a run that was killed")]
    public static partial void LeftOverServerStopping(this ILogger logger, int processId);

    [LoggerMessage(5003, LogLevel.Warning, "Removing a postmaster.pid whose server, process {ProcessId}, is gone")]
    public static partial void StaleLockFileRemoved(this ILogger logger, int processId);

    [LoggerMessage(5004, LogLevel.Warning, "Port {Port} was taken before PostgreSQL could listen; trying another")]
    public static partial void PortLost(this ILogger logger, int port);

    [LoggerMessage(5005, LogLevel.Information, "PostgreSQL stopped after {Elapsed}")]
    public static partial void ServerStopped(this ILogger logger, TimeSpan elapsed);

    [LoggerMessage(5006, LogLevel.Warning, "Removing an unfinished cluster in {Directory}; its creation was interrupted")]
    public static partial void UnfinishedClusterRemoved(this ILogger logger, string directory);
}
