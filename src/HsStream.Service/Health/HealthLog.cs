namespace HsStream.Service.Health;

internal static partial class HealthLog
{
    [LoggerMessage(9001, LogLevel.Warning, "{Dependency} is down: {Reason}")]
    public static partial void DependencyDown(this ILogger logger, string dependency, string reason);

    [LoggerMessage(9002, LogLevel.Information, "{Dependency} is up")]
    public static partial void DependencyUp(this ILogger logger, string dependency);

    [LoggerMessage(9003, LogLevel.Information, "{Dependency} is not up yet: {Reason}")]
    public static partial void DependencyAwaited(this ILogger logger, string dependency, string reason);
}
