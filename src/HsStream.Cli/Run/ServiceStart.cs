using HsStream.Service;
using HsStream.Service.Configuration;
using Microsoft.Extensions.Logging;

namespace HsStream.Cli.Run;

/// <summary>Starts roles of the service, with failures in words for the operator.</summary>
internal static class ServiceStart
{
    /// <summary>Hidden option of <c>run</c>: stop when standard input closes, as it does when the process that started this one is gone.</summary>
    public const string UntilInputCloses = "--until-input-closes";

    /// <exception cref="OperatorException">A wrong setting, or a taken port.</exception>
    public static async Task<HsStreamService> StartAsync(ServiceOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await HsStreamService.StartAsync(options, loggers, time, cancellationToken);
        }
        catch (ConfigurationException e)
        {
            throw new OperatorException(e.Message, e);
        }
        catch (IOException e)
        {
            throw new OperatorException($"cannot listen on HTTP port {options.Http.Port} of {options.Http.Host}: {e.Message}; --http-port takes another, 0 a free one", e);
        }
    }
}
