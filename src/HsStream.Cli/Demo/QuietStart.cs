using Microsoft.Extensions.Logging;

namespace HsStream.Cli.Demo;

/// <summary>Logs of a demonstration: what is wrong, but not what every first start has, such as topics that are not there yet.</summary>
internal static class QuietStart
{
    public static ILoggerFactory Loggers() => Up.UpVerb.CreateLoggers(isVerbose: false, logging => logging.AddFilter("HsStream.Service.Health", LogLevel.Error).AddFilter("HsStream.Service.Scoring.Models", LogLevel.Error));
}
