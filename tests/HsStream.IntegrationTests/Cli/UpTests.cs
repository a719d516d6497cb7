using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using HsStream.Embedded.Postgres;
using Npgsql;
using Xunit;

namespace HsStream.IntegrationTests.Cli;

public sealed class UpTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A test that kills <c>up</c> leaves its PostgreSQL, as a crash would; the folder must not go before it.</summary>
    public async ValueTask DisposeAsync()
    {
        var data = Path.Combine(_directory.Path, "postgres", "data");
        if (PostmasterFile.Read(data) is { } server && new ServerProcesses(data, TimeProvider.System) is var processes && processes.IsOurs(server.ProcessId))
        {
            await processes.StopAsync(server.ProcessId, TimeSpan.FromSeconds(5), CancellationToken.None);
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task It_serves_all_three_and_stops_at_a_signal_without_leaving_anything()
    {
        var (up, addresses) = await HsStreamProcess.UpAsync(_directory.Path);
        await using (up)
        {
            Assert.Equal(3L, await QueryAsync(addresses, "select count(*) from generate_series(1, 3)"));
            await ConnectAsync(addresses.GetProperty("kafka").GetString()!);
            using var http = new HttpClient();
            Assert.Equal("[]", await http.GetStringAsync(addresses.GetProperty("registry").GetString() + "/subjects", Stop));

            up.Signal(HsStreamProcess.SigTerm);
            var (exitCode, output) = await up.EndAsync();
            Assert.Equal(0, exitCode);
            Assert.Equal("", output);
        }

        Assert.False(File.Exists(PostmasterFile.PathIn(Path.Combine(_directory.Path, "postgres", "data"))));
    }

    [Fact]
    public async Task Ctrl_C_ends_it_with_exit_code_0()
    {
        var (up, _) = await HsStreamProcess.UpAsync(_directory.Path, "--no-postgres");
        await using (up)
        {
            up.Signal(HsStreamProcess.SigInt);
            Assert.Equal(0, (await up.EndAsync()).ExitCode);
        }
    }

    [Fact]
    public async Task A_second_one_on_the_same_folder_is_refused_and_names_the_first()
    {
        var (first, _) = await HsStreamProcess.UpAsync(_directory.Path, "--no-postgres", "--no-registry");
        await using (first)
        {
            await using var second = HsStreamProcess.Start("up", "--data-dir", _directory.Path, "--kafka-port", "0");
            Assert.Equal(1, (await second.EndAsync()).ExitCode);
            Assert.Equal($"hsstream: the data directory {_directory.Path} is already in use by another hsstream up, process {first.Id}\n", second.Errors);
        }
    }

    [Fact]
    public async Task After_kill_9_the_next_one_takes_over_with_the_committed_rows()
    {
        var (killed, addresses) = await HsStreamProcess.UpAsync(_directory.Path);
        await using (killed)
        {
            await QueryAsync(addresses, "create table t as select 42 n");
            killed.Signal(HsStreamProcess.SigKill);
            await killed.EndAsync();
        }

        var (next, again) = await HsStreamProcess.UpAsync(_directory.Path);
        await using (next)
        {
            Assert.Equal(42, await QueryAsync(again, "select n from t"));
            next.Signal(HsStreamProcess.SigTerm);
            Assert.Equal(0, (await next.EndAsync()).ExitCode);
        }
    }

    [Fact]
    public async Task A_part_that_dies_stops_the_others_and_is_named()
    {
        var (up, _) = await HsStreamProcess.UpAsync(_directory.Path);
        await using (up)
        {
            var data = Path.Combine(_directory.Path, "postgres", "data");
            NativeCalls.Signal(PostmasterFile.Read(data)!.ProcessId, NativeCalls.SigKill);
            Assert.Equal(1, (await up.EndAsync()).ExitCode);
            Assert.Contains("hsstream: PostgreSQL (process ", up.Errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--kafka-port")]
    [InlineData("--registry-port")]
    [InlineData("--postgres-port")]
    [InlineData("--http-port")]
    public async Task A_taken_port_is_named_in_one_line(string option)
    {
        using var owner = new TcpListener(IPAddress.Loopback, 0);
        owner.Start();
        var port = ((IPEndPoint)owner.LocalEndpoint).Port;
        string[] ports = ["--kafka-port", "0", "--registry-port", "0", "--postgres-port", "0", "--http-port", "0"];
        ports[Array.IndexOf(ports, option) + 1] = $"{port}";
        await using var up = HsStreamProcess.Start(["up", "--data-dir", _directory.Path, .. ports]);
        Assert.Equal(1, (await up.EndAsync()).ExitCode);
        Assert.Contains($"{port}", Assert.Single(up.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.False(File.Exists(PostmasterFile.PathIn(Path.Combine(_directory.Path, "postgres", "data"))), "PostgreSQL was left running");
    }

    [Fact]
    public async Task Broker_settings_reach_the_broker_and_wrong_ones_are_refused_in_one_line()
    {
        await RefusedAsync("Expected the name of a Kafka broker setting, got no.such.setting", "--kafka-setting", "no.such.setting=1");
        var (up, addresses) = await HsStreamProcess.UpAsync(
            _directory.Path, "--no-postgres", "--no-registry",
            "--kafka-setting", "num.partitions=4", "--kafka-setting", "auto.create.topics.enable=false", "--accept-any-replication-factor");
        await using (up)
        {
            using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = addresses.GetProperty("kafka").GetString() }).Build();
            await admin.CreateTopicsAsync([new TopicSpecification { Name = "t", ReplicationFactor = 3 }]);
            Assert.Equal(4, Assert.Single(admin.GetMetadata("t", TimeSpan.FromSeconds(30)).Topics).Partitions.Count);
            up.Signal(HsStreamProcess.SigTerm);
            Assert.Equal(0, (await up.EndAsync()).ExitCode);
        }
    }

    [Fact]
    public async Task A_folder_of_a_newer_release_is_refused_untouched()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "VERSION"), "2\n", Stop);
        await RefusedAsync("has layout 2, made by a newer HsStream");
        Assert.Equal(["VERSION"], Directory.GetFileSystemEntries(_directory.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_folder_of_something_else_is_refused_untouched()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "thesis.txt"), "mine", Stop);
        await RefusedAsync("holds thesis.txt but no VERSION file");
        Assert.Equal(["thesis.txt"], Directory.GetFileSystemEntries(_directory.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task As_root_another_user_can_run_it_too()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can start it as somebody else; otherwise every test here does");
        Assert.SkipWhen(Path.GetDirectoryName(await WhichDotnetAsync()) is { } home && home.StartsWith("/root", StringComparison.Ordinal), "dotnet is installed for root alone");
        // Neither the clone nor the test's folder may be open to others, so that user gets copies.
        var program = Path.Combine(_directory.Path, "program");
        var home2 = Path.Combine(_directory.Path, "home");
        await RunAsync("cp", "-r", AppContext.BaseDirectory, program);
        await RunAsync("mkdir", home2);
        await RunAsync("chmod", "-R", "a+rX", _directory.Path);
        await RunAsync("chown", "nobody", home2);
        await using var up = HsStreamProcess.StartProgram(
        [
            "setpriv", "--reuid=nobody", "--clear-groups", "env", $"HOME={home2}", "dotnet", Path.Combine(program, "hsstream.dll"),
            "up", "--no-roles", "--json", "--kafka-port", "0", "--registry-port", "0", "--postgres-port", "0",
        ], home2);
        var addresses = await up.ReadJsonAsync();
        Assert.Equal(Path.Combine(home2, ".local", "share", "hsstream"), addresses.GetProperty("dataDirectory").GetString());
        Assert.Equal(1, await QueryAsync(addresses, "select 1"));
        up.Signal(HsStreamProcess.SigTerm);
        Assert.Equal(0, (await up.EndAsync()).ExitCode);
    }

    private async Task RefusedAsync(string reason, params string[] more)
    {
        await using var up = HsStreamProcess.Start(["up", "--data-dir", _directory.Path, "--kafka-port", "0", .. more]);
        Assert.Equal(1, (await up.EndAsync()).ExitCode);
        Assert.Contains(reason, Assert.Single(up.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private static async Task<object?> QueryAsync(JsonElement addresses, string sql)
    {
        await using var connection = new NpgsqlConnection(addresses.GetProperty("postgres").GetString() + ";Pooling=false");
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Stop);
    }

    private static async Task ConnectAsync(string address)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPEndPoint.Parse(address), Stop);
    }

    private static async Task<string> WhichDotnetAsync()
    {
        using var which = Process.Start(new ProcessStartInfo("sh", ["-c", "readlink -f \"$(command -v dotnet)\""]) { RedirectStandardOutput = true })!;
        return (await which.StandardOutput.ReadToEndAsync(Stop)).Trim();
    }

    private static async Task RunAsync(params string[] words)
    {
        var done = await HsStream.Embedded.Postgres.Command.RunAsync(words, Stop);
        Assert.True(done.Succeeded, done.Output);
    }
}
