using Microsoft.Extensions.Logging;

namespace HsStream.Cli.Up;

internal static partial class UpLog
{
    [LoggerMessage(12001, LogLevel.Warning, "Roles {Roles} ended ({Reason}); they are started again in {Seconds} s")]
    public static partial void RolesRestarted(this ILogger logger, string roles, string reason, double seconds);

    [LoggerMessage(12002, LogLevel.Warning, "No champion could be made yet ({Reason}); tried again in {Seconds} s")]
    public static partial void ChampionDelayed(this ILogger logger, string reason, double seconds);
}
