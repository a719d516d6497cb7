using HsStream.Service.Configuration;
using HsStream.Service.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace HsStream.Service;

/// <summary>The roles of one process, running. Several may run in one process; each has its own metrics and port.</summary>
public sealed class HsStreamService : IAsyncDisposable
{
    private readonly WebApplication _web;
    private int _isDisposed;

    private HsStreamService(WebApplication web, IReadOnlySet<Role> roles, Uri url, Task completion) => (_web, Roles, Url, Completion) = (web, roles, url, completion);

    public IReadOnlySet<Role> Roles { get; }

    /// <summary>Health, metrics and, with the role console, the API.</summary>
    public Uri Url { get; }

    /// <summary>Ends after a stop; fails when a role cannot go on, and then the process should end.</summary>
    public Task Completion { get; }

    /// <summary>Starts the roles and returns once they run. Servers that are away are waited for, not an error; see <c>/health/ready</c>.</summary>
    /// <exception cref="ConfigurationException">A setting is missing or wrong; it names the key.</exception>
    /// <exception cref="IOException">The HTTP port is taken.</exception>
    public static async Task<HsStreamService> StartAsync(ServiceOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var web = ServiceHost.Build(options, loggers, time);
        try
        {
            await web.StartAsync(cancellationToken);
        }
        catch
        {
            await web.DisposeAsync();
            throw;
        }

        var url = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        var roles = web.Services.GetRequiredService<IReadOnlySet<Role>>();
        loggers.CreateLogger<HsStreamService>().ServiceStarted(string.Join(',', roles.Order()), url);
        return new HsStreamService(web, roles, url, web.Services.GetRequiredService<RoleRunner>().Completion);
    }

    /// <summary>Finishes what is in hand, leaves the consumer groups and closes everything. May be called twice.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) { return; }
        await _web.StopAsync();
        await _web.DisposeAsync();
    }
}
