using HsStream.Embedded.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;
using static HsStream.IntegrationTests.Postgres.PostgresHarness;

namespace HsStream.IntegrationTests.Postgres;

public sealed class PrivatePostgresTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Data_survives_a_stop_and_a_start()
    {
        string firstPassword;
        await using (var server = await StartAsync(_directory.Path))
        {
            firstPassword = new NpgsqlConnectionStringBuilder(server.ConnectionString).Password!;
            await server.QueryAsync("create table t(n int); insert into t values (42)");
        }

        await using var again = await StartAsync(_directory.Path);
        Assert.Equal(42, await again.QueryAsync("select n from t"));
        Assert.Equal(firstPassword, new NpgsqlConnectionStringBuilder(again.ConnectionString).Password);
    }

    [Fact]
    public async Task A_stop_leaves_no_process_and_no_lock_file()
    {
        var server = await StartAsync(_directory.Path);
        var processes = new ServerProcesses(server.DataDirectory, TimeProvider.System);
        Assert.NotEmpty(processes.FindAll());
        await server.StopAsync(Stop);
        Assert.Empty(processes.FindAll());
        Assert.False(File.Exists(PostmasterFile.PathIn(server.DataDirectory)));
        Assert.True(server.Completion.IsCompletedSuccessfully);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_stop_cuts_open_sessions()
    {
        var server = await StartAsync(_directory.Path);
        await using var session = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await session.OpenAsync(Stop);
        await server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(8), Stop);
    }

    [Fact]
    public async Task Committed_rows_survive_kill_9_of_the_server()
    {
        await using (var server = await StartAsync(_directory.Path))
        {
            await server.QueryAsync("create table t as select generate_series(1, 1000) n");
            NativeCalls.Signal(PostmasterOf(server.DataDirectory), NativeCalls.SigKill);
            var end = await Assert.ThrowsAsync<HsStream.Embedded.Postgres.PostgresException>(
                () => server.Completion.WaitAsync(TimeSpan.FromSeconds(10), Stop));
            Assert.Contains("ended by itself", end.Message, StringComparison.Ordinal);
        }

        await using var again = await StartAsync(_directory.Path);
        Assert.Equal(1000L, await again.QueryAsync("select count(*) from t"));
    }

    [Fact]
    public async Task A_server_left_over_from_a_killed_run_is_replaced()
    {
        await using (var server = await StartAsync(_directory.Path))
        {
            await server.QueryAsync("create table t as select 7 n");
        }

        // What remains when the parent dies by kill -9: the server itself, without anybody who owns it.
        var account = await ServerAccount.ChooseAsync(ClusterDirectory.RootIn(_directory.Path), Stop);
        var binaries = await ServerBinaries.FindAsync(null, null, Stop);
        var cluster = new ClusterDirectory(_directory.Path, account, NullLogger.Instance);
        using var orphan = ServerProcess.Start(cluster, binaries, account, FreePort());
        await UntilAsync(() => PostmasterFile.Read(cluster.Data) is { IsReady: true }, "the left-over server is ready");

        await using var again = await StartAsync(_directory.Path);
        Assert.True(orphan.HasExited);
        Assert.Equal(7, await again.QueryAsync("select n from t"));
    }

    [Fact]
    public async Task A_stale_lock_file_that_names_a_stranger_hurts_neither()
    {
        await (await StartAsync(_directory.Path)).DisposeAsync();
        var data = Path.Combine(_directory.Path, "postgres", "data");
        // The process id was given to somebody else meanwhile: to a process of the same user, or PostgreSQL would see through it.
        var account = await ServerAccount.ChooseAsync(ClusterDirectory.RootIn(_directory.Path), Stop);
        var start = HsStream.Embedded.Postgres.Command.Describe(account.Run("sleep", "300"));
        using var stranger = System.Diagnostics.Process.Start(start)!;
        try
        {
            await File.WriteAllTextAsync(PostmasterFile.PathIn(data), $"{stranger.Id}\n{data}\n", Stop);
            await using var server = await StartAsync(_directory.Path);
            Assert.Equal(1, await server.QueryAsync("select 1"));
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task A_creation_that_was_interrupted_starts_over()
    {
        Directory.CreateDirectory(Path.Combine(_directory.Path, "postgres.new", "data", "base"));
        await using var server = await StartAsync(_directory.Path);
        Assert.Equal(1, await server.QueryAsync("select 1"));
        Assert.False(Directory.Exists(Path.Combine(_directory.Path, "postgres.new")));
    }

    [Fact]
    public async Task Only_the_password_opens_it()
    {
        await using var server = await StartAsync(_directory.Path);
        var wrong = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "guess", Pooling = false };
        await using var connection = new NpgsqlConnection(wrong.ConnectionString);
        var refusal = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => connection.OpenAsync(Stop));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refusal.SqlState);
        Assert.Equal("127.0.0.1", await server.QueryAsync("show listen_addresses"));
        Assert.Equal("", await server.QueryAsync("show unix_socket_directories"));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(server.PasswordFile));
    }

    [Fact]
    public async Task The_password_file_opens_it_too()
    {
        await using var server = await StartAsync(_directory.Path);
        await using var connection = new NpgsqlConnection(
            $"Host=127.0.0.1;Port={server.Port};Username=hsstream;Database=hsstream;Passfile={server.PasswordFile};Pooling=false");
        await connection.OpenAsync(Stop);
    }

    [Fact]
    public async Task Durable_settings_are_in_force()
    {
        await using var server = await StartAsync(_directory.Path);
        Assert.Equal("on", await server.QueryAsync("show fsync"));
        Assert.Equal("on", await server.QueryAsync("show synchronous_commit"));
        Assert.Equal("on", await server.QueryAsync("show data_checksums"));
        Assert.Equal("UTF8", await server.QueryAsync("show server_encoding"));
        Assert.Equal("ÄÖ", await server.QueryAsync("select upper('äö')"));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(_directory.Path, "postgres", "log")));
    }

    [Fact]
    public async Task A_given_port_is_used()
    {
        var port = FreePort();
        await using var server = await StartAsync(_directory.Path, port);
        Assert.Equal(port, server.Port);
        Assert.Equal(port, new NpgsqlConnectionStringBuilder(server.ConnectionString).Port);
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
