namespace HsStream.Service.Hosting;

internal static partial class HostLog
{
    [LoggerMessage(9101, LogLevel.Critical, "{Task} cannot go on; the process ends so that its work moves elsewhere")]
    public static partial void RoleFailed(this ILogger logger, Exception e, string task);

    [LoggerMessage(9102, LogLevel.Information, "Roles {Roles} run; health and metrics at {Url}")]
    public static partial void ServiceStarted(this ILogger logger, string roles, Uri url);

    [LoggerMessage(9103, LogLevel.Warning, "The topics cannot be looked at yet; tried again after {Wait}: {Problem}")]
    public static partial void SetupTriedAgain(this ILogger logger, TimeSpan wait, string problem);
}
