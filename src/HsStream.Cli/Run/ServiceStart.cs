using System.Net;
using System.Net.Sockets;
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
        RequireFree(options.Http);
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
            throw Taken(options.Http, e);
        }
    }

    /// <summary>Asked first, so that a port of somebody else's is one line, and no role starts in vain.</summary>
    private static void RequireFree(HttpOptions http)
    {
        var address = http.Host is "*" ? IPAddress.Any : IPAddress.TryParse(http.Host, out var parsed) ? parsed : IPAddress.Loopback;
        try
        {
            using var probe = new TcpListener(address, http.Port);
            probe.Start();
        }
        catch (SocketException e)
        {
            throw Taken(http, e);
        }
    }

    private static OperatorException Taken(HttpOptions http, Exception e) =>
        new($"cannot listen on HTTP port {http.Port} of {http.Host}: {e.Message}; --http-port takes another, 0 a free one", e);
}
