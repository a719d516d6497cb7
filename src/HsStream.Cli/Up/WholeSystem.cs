using System.Globalization;
using HsStream.Cli.Connect;
using HsStream.Cli.Run;
using HsStream.Service.Configuration;
using Microsoft.Extensions.Logging;

namespace HsStream.Cli.Up;

/// <summary>Servers and roles of one machine, running.</summary>
internal sealed class WholeSystem : IAsyncDisposable
{
    private readonly Platform _platform;
    private readonly IReadOnlyList<IRoleUnit> _units;

    private WholeSystem(Platform platform, IReadOnlyList<IRoleUnit> units, string models) => (_platform, _units, Models) = (platform, units, models);

    public Platform Platform => _platform;

    public string Models { get; }

    /// <summary>Where HTTP is served: of the unit with the console, else of the first; null without roles.</summary>
    public Uri? Http => (_units.FirstOrDefault(unit => unit.Roles.Contains("console", StringComparison.Ordinal)) ?? (_units.Count > 0 ? _units[0] : null))?.Url;

    public IReadOnlyList<IRoleUnit> Units => _units;

    public Endpoints Endpoints => new(
        _platform.BootstrapServers, _platform.RegistryUrl?.GetLeftPart(UriPartial.Authority), PostgresString(_platform), Http?.GetLeftPart(UriPartial.Authority),
        Models, Environment.ProcessId)
    {
        Roles = _units.Where(unit => unit.Url is not null).ToDictionary(unit => unit.Roles, unit => unit.Url!.GetLeftPart(UriPartial.Authority)),
    };

    /// <exception cref="OperatorException">A part cannot be started; those that were are stopped again.</exception>
    public static async Task<WholeSystem> StartAsync(UpOptions options, TextWriter errors, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        // Settings are read first: a wrong one is told before anything starts.
        if (options.Roles is not null) { Describe(options, options.Roles, "127.0.0.1:1", "http://127.0.0.1:1", "Host=127.0.0.1", options.HttpPort); }
        var platform = await Platform.StartAsync(options.Platform, loggers, time, cancellationToken);
        var units = new List<IRoleUnit>();
        var system = new WholeSystem(platform, units, options.Models);
        try
        {
            if (options.Roles is { } roles)
            {
                foreach (var names in options.IsIsolated ? roles.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [roles])
                {
                    units.Add(Unit(options, names, platform, errors, loggers, time));
                }

                await Task.WhenAll(units.Select(unit => unit.StartAsync(cancellationToken)));
            }

            system.Endpoints.WriteTo(platform.DataDirectory);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends, or fails, as soon as one server has stopped by itself; roles are started again instead.</summary>
    /// <remarks>The file of endpoints follows roles that come back under another address.</remarks>
    public async Task WatchAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var servers = _platform.WatchAsync();
        var known = Endpoints;
        while (!servers.IsCompleted)
        {
            await Task.WhenAny(servers, Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            var now = Endpoints;
            if (now.Roles.Count == known.Roles.Count && !now.Roles.Except(known.Roles).Any()) { continue; }
            now.WriteTo(_platform.DataDirectory);
            known = now;
        }

        await servers;
    }

    /// <summary>Stops roles before the servers that they use.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            Endpoints.Remove(_platform.DataDirectory);
            await Task.WhenAll(_units.Select(unit => unit.DisposeAsync().AsTask()));
        }
        finally
        {
            await _platform.DisposeAsync();
        }
    }

    /// <summary>For psql and Npgsql alike; the password is in the file that it names.</summary>
    public static string? PostgresString(Platform platform) => platform.Postgres is { } server
        ? $"Host=127.0.0.1;Port={server.Port};Username=hsstream;Database=hsstream;Passfile={server.PasswordFile}"
        : null;

    private static IRoleUnit Unit(UpOptions options, string roles, Platform platform, TextWriter errors, ILoggerFactory loggers, TimeProvider time)
    {
        var registry = platform.RegistryUrl!.GetLeftPart(UriPartial.Authority);
        var postgres = PostgresString(platform)!;
        var port = options.IsIsolated && !roles.Contains("console", StringComparison.Ordinal) ? 0 : options.HttpPort;
        if (!options.IsIsolated) { return new LocalRoles(Describe(options, roles, platform.BootstrapServers, registry, postgres, port), loggers, time); }
        List<string> arguments =
        [
            "--bootstrap-servers", platform.BootstrapServers, "--registry", registry, "--postgres", postgres, "--models", options.Models,
            "--http-port", port.ToString(CultureInfo.InvariantCulture), "--settings", SettingsFile(options),
        ];
        foreach (var (key, value) in options.Settings) { arguments.AddRange(["--set", $"{key}={value}"]); }
        if (options.IsVerbose) { arguments.Add("--verbose"); }
        return new RoleProcess(roles, arguments, errors, loggers, time);
    }

    private static ServiceOptions Describe(UpOptions options, string roles, string kafka, string registry, string postgres, int port) => RunVerb.ReadOptions(
        SettingsFile(options),
        [
            "--roles", roles, "--bootstrap-servers", kafka, "--registry", registry, "--postgres", postgres, "--models", options.Models,
            "--http-port", port.ToString(CultureInfo.InvariantCulture),
            .. options.Settings.Select(setting => $"--{setting.Key}={setting.Value}"),
        ]);

    private static string SettingsFile(UpOptions options) => Path.Combine(options.Platform.DataDirectory, RunVerb.SettingsFile);
}
