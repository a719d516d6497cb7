using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HsStream.Embedded.Postgres;

/// <summary>A PostgreSQL server of our own: its cluster in the data directory, on a loopback port, with a random password.</summary>
/// <remarks>
/// Durable settings; a killed server recovers at the next start. When this process is killed the server runs on,
/// and the next start on the same directory stops it first. See docs/adr/0004.
/// </remarks>
public sealed class PrivatePostgres : IAsyncDisposable
{
    private const string Database = "hsstream";
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly PostgresOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly FileStream _lock;
    private readonly ServerProcesses _processes;
    private readonly ServerProcess _server;
    private readonly int _postmaster;
    private int _isStopping;

    private PrivatePostgres(
        PostgresOptions options, ILogger logger, TimeProvider time, FileStream directoryLock, ServerProcesses processes,
        ClusterDirectory cluster, Running running)
    {
        (_options, _logger, _time, _lock, _processes) = (options, logger, time, directoryLock, processes);
        (_server, _postmaster, Port) = (running.Server, running.Postmaster, running.Port);
        DataDirectory = cluster.Data;
        PasswordFile = cluster.PasswordFile;
        ConnectionString = Connection(running.Port, cluster.ReadPassword(), Database);
        Completion = WatchAsync();
    }

    /// <summary>Npgsql form. User <c>hsstream</c> owns the database and is a superuser of this cluster.</summary>
    public string ConnectionString { get; }

    public int Port { get; }

    /// <summary>Holds the password, mode 0600, in the format that PGPASSFILE (psql) and Passfile (Npgsql) expect.</summary>
    public string PasswordFile { get; }

    /// <summary>The cluster's own directory, PostgreSQL's PGDATA.</summary>
    public string DataDirectory { get; }

    /// <summary>Ends when the server was stopped; fails with <see cref="PostgresException"/> when it ended by itself.</summary>
    public Task Completion { get; }

    /// <summary>Creates the cluster if there is none, starts the server and returns once it has answered a query.</summary>
    /// <exception cref="PostgresException">It cannot run here; the message says why and what to do.</exception>
    public static async Task<PrivatePostgres> StartAsync(
        PostgresOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger<PrivatePostgres>();
        var parent = Path.GetFullPath(options.DataDirectory).TrimEnd('/');
        FileStream? directoryLock = null;
        try
        {
            Directory.CreateDirectory(parent);
            directoryLock = Lock(Path.Combine(parent, "postgres.lock"));
            var account = await ServerAccount.ChooseAsync(ClusterDirectory.RootIn(parent), cancellationToken);
            var binaries = await ServerBinaries.FindAsync(options.BinDirectory, ClusterDirectory.ExistingMajor(parent), cancellationToken);
            var cluster = new ClusterDirectory(parent, account, logger);
            await cluster.PrepareAsync(binaries, cancellationToken);

            var realPath = await Command.RunAsync(["readlink", "-f", cluster.Data], cancellationToken);
            var processes = new ServerProcesses(realPath.Succeeded ? realPath.Output : cluster.Data, time);
            await RemoveLeftOversAsync(cluster, processes, options, logger, cancellationToken);
            var running = await RunAsync(cluster, binaries, account, processes, options, logger, time, cancellationToken);
            return new PrivatePostgres(options, logger, time, directoryLock, processes, cluster, running);
        }
        catch (Exception e)
        {
            directoryLock?.Dispose();
            if (e is UnauthorizedAccessException or IOException)
            {
                throw new PostgresException($"cannot use {parent} for PostgreSQL: {e.Message}", e);
            }

            throw;
        }
    }

    /// <summary>Fast shutdown; immediate when that takes longer than the stop timeout. Nothing is left running.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isStopping, 1) == 1)
        {
            await Completion.WaitAsync(cancellationToken);
            return;
        }

        var start = _time.GetTimestamp();
        await _processes.StopAsync(_postmaster, _options.StopTimeout, cancellationToken);
        await Completion.WaitAsync(cancellationToken);
        _logger.ServerStopped(_time.GetElapsedTime(start));
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync(CancellationToken.None);
        }
        catch (PostgresException)
        {
            // It had ended by itself; whoever watches Completion has been told.
        }

        _server.Dispose();
        await _lock.DisposeAsync();
    }

    private async Task WatchAsync()
    {
        await _server.WaitForExitAsync(CancellationToken.None);
        if (Volatile.Read(ref _isStopping) == 0)
        {
            throw new PostgresException($"PostgreSQL (process {_postmaster}) ended by itself: {_server.Complaint()}");
        }
    }

    /// <summary>An advisory lock that the operating system drops when this process ends, however it ends.</summary>
    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path) && e is not FileNotFoundException and not DirectoryNotFoundException)
        {
            throw new PostgresException($"another process runs the PostgreSQL of {Path.GetDirectoryName(path)} ({path} is locked)", e);
        }
    }

    /// <summary>Ends the server of an earlier run that was killed. Only one that provably works on our directory is touched.</summary>
    private static async Task RemoveLeftOversAsync(
        ClusterDirectory cluster, ServerProcesses processes, PostgresOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        if (PostmasterFile.Read(cluster.Data) is { } recorded)
        {
            if (processes.IsOurs(recorded.ProcessId))
            {
                logger.LeftOverServerStopping(recorded.ProcessId);
                await processes.StopAsync(recorded.ProcessId, options.StopTimeout, cancellationToken);
            }
            else
            {
                // The id may belong to a stranger by now, and PostgreSQL would then refuse to start.
                logger.StaleLockFileRemoved(recorded.ProcessId);
                File.Delete(PostmasterFile.PathIn(cluster.Data));
            }
        }

        await processes.EndOrphansAsync(options.StopTimeout, cancellationToken);
    }

    private sealed record Running(ServerProcess Server, int Postmaster, int Port);

    private static async Task<Running> RunAsync(
        ClusterDirectory cluster, ServerBinaries binaries, ServerAccount account, ServerProcesses processes,
        PostgresOptions options, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var port = options.Port == 0 ? FreePort() : options.Port;
            if (options.Port != 0 && !IsFree(port)) { throw Taken(port); }

            var server = ServerProcess.Start(cluster, binaries, account, port);
            try
            {
                var postmaster = await WaitUntilReadyAsync(server, cluster, port, start, options, time, cancellationToken);
                logger.ServerReady(binaries.Version, port, time.GetElapsedTime(start));
                return new Running(server, postmaster, port);
            }
            catch (ServerEndedException e)
            {
                server.Dispose();
                var isInTime = time.GetElapsedTime(start) < options.StartTimeout;
                if (e.Message.Contains("Address already in use", StringComparison.Ordinal))
                {
                    if (options.Port != 0 || !isInTime) { throw Taken(port); }
                    logger.PortLost(port);
                }
                else if (!isInTime || !e.Message.Contains("pre-existing shared memory block", StringComparison.Ordinal))
                {
                    throw new PostgresException($"PostgreSQL did not start in {cluster.Data}: {e.Message}", e);
                }
                else
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(200), time, cancellationToken);     // a killed server's last session is ending
                }
            }
            catch
            {
                if (PostmasterFile.Read(cluster.Data) is { } started && processes.IsOurs(started.ProcessId))
                {
                    await processes.StopAsync(started.ProcessId, options.StopTimeout, CancellationToken.None);
                }

                server.Dispose();
                throw;
            }
        }
    }

    private static async Task<int> WaitUntilReadyAsync(
        ServerProcess server, ClusterDirectory cluster, int port, long start, PostgresOptions options, TimeProvider time,
        CancellationToken cancellationToken)
    {
        Exception? lastFailure = null;
        while (true)
        {
            if (server.HasExited) { throw new ServerEndedException(server.Complaint()); }
            if (PostmasterFile.Read(cluster.Data) is { IsReady: true } postmaster)
            {
                try
                {
                    await AnswerAsync(port, cluster.ReadPassword(), cancellationToken);
                    return postmaster.ProcessId;
                }
                catch (NpgsqlException e) when (e is not Npgsql.PostgresException { SqlState: not PostgresErrorCodes.CannotConnectNow })
                {
                    lastFailure = e;
                }
                catch (Npgsql.PostgresException e)
                {
                    throw new PostgresException($"the PostgreSQL of {cluster.Data} refuses its own user: {e.MessageText}", e);
                }
            }

            if (time.GetElapsedTime(start) > options.StartTimeout)
            {
                throw new PostgresException(
                    $"PostgreSQL in {cluster.Data} gave no answer on port {port} within {options.StartTimeout}; its log is in {cluster.Log}", lastFailure!);
            }

            await Task.Delay(Step, time, cancellationToken);
        }
    }

    /// <summary>Asks <c>select 1</c>, after making the database at the first start.</summary>
    private static async Task AnswerAsync(int port, string password, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(Connection(port, password, Database), "select 1", cancellationToken);
        }
        catch (Npgsql.PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            await ExecuteAsync(Connection(port, password, "postgres"), $"create database {Database}", cancellationToken);
            await ExecuteAsync(Connection(port, password, Database), "select 1", cancellationToken);
        }
    }

    private static async Task ExecuteAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Timeout=5");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteScalarAsync(cancellationToken);
    }

    private static string Connection(int port, string password, string database) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = ClusterDirectory.User,
            Password = password,
            Database = database,
            PersistSecurityInfo = true,
        }.ConnectionString;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static PostgresException Taken(int port) =>
        new($"port {port} on 127.0.0.1 is taken; choose another for PostgreSQL, or 0 for any free one");

    private sealed class ServerEndedException(string message) : Exception(message);
}
