using System.Net;
using System.Net.Sockets;
using Xunit;
using static HsStream.IntegrationTests.Postgres.PostgresHarness;

namespace HsStream.IntegrationTests.Postgres;

/// <summary>What cannot work is refused with one line that says what to do.</summary>
public sealed class PostgresRefusalTests : IDisposable
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_folder_without_binaries_is_named()
    {
        var refusal = await RefusalAsync(Path.Combine(_directory.Path, "d"), binaries: _directory.Path);
        Assert.Contains(_directory.Path, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_incomplete_set_of_binaries_is_refused()
    {
        FakeProgram("postgres", "echo 'postgres (PostgreSQL) 15.1'");
        var refusal = await RefusalAsync(Path.Combine(_directory.Path, "d"), binaries: _directory.Path);
        Assert.Contains("lacks initdb and pg_ctl", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_version_is_refused()
    {
        FakeBinaries("13.5");
        var refusal = await RefusalAsync(Path.Combine(_directory.Path, "d"), binaries: _directory.Path);
        Assert.Contains("13.5 is older than 14", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Binaries_that_do_not_run_are_refused()
    {
        FakeBinaries("16.1");
        FakeProgram("initdb", "echo broken library >&2; exit 127");
        var refusal = await RefusalAsync(Path.Combine(_directory.Path, "d"), binaries: _directory.Path);
        Assert.Contains("initdb --version failed: broken library", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_initdb_leaves_no_cluster()
    {
        FakeBinaries("16.1");
        FakeProgram("initdb", "[ \"$1\" != --version ] || { echo 'initdb (PostgreSQL) 16.1'; exit; }; echo 'initdb: error: no space left' >&2; exit 1");
        File.SetUnixFileMode(_directory.Path, Executable);
        var data = Path.Combine(_directory.Path, "d");
        var refusal = await RefusalAsync(data, binaries: _directory.Path);
        Assert.Contains("no space left", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(data, "postgres")));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_created_is_named()
    {
        var file = Path.Combine(_directory.Path, "file");
        await File.WriteAllTextAsync(file, "", Stop);
        var refusal = await RefusalAsync(Path.Combine(file, "d"));
        Assert.Contains(file, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unwritable_folder_is_named()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may write anywhere");
        File.SetUnixFileMode(_directory.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var refusal = await RefusalAsync(_directory.Path);
        File.SetUnixFileMode(_directory.Path, Executable);
        Assert.Contains(_directory.Path, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_port_is_refused()
    {
        using var owner = new TcpListener(IPAddress.Loopback, 0);
        owner.Start();
        var port = ((IPEndPoint)owner.LocalEndpoint).Port;
        var refusal = await RefusalAsync(_directory.Path, port);
        Assert.Contains($"port {port} on 127.0.0.1 is taken", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_of_another_major_version_is_refused_and_left_alone()
    {
        await (await StartAsync(_directory.Path)).DisposeAsync();
        var versionFile = Path.Combine(_directory.Path, "postgres", "data", "PG_VERSION");
        await File.WriteAllTextAsync(versionFile, "99\n", Stop);
        var refusal = await RefusalAsync(_directory.Path);
        Assert.Contains("made by PostgreSQL 99", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("99\n", await File.ReadAllTextAsync(versionFile, Stop));
    }

    [Fact]
    public async Task A_folder_that_is_no_cluster_is_refused_and_left_alone()
    {
        var stranger = Path.Combine(_directory.Path, "postgres", "precious.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(stranger)!);
        await File.WriteAllTextAsync(stranger, "mine", Stop);
        var refusal = await RefusalAsync(_directory.Path);
        Assert.Contains("holds no PostgreSQL cluster", refusal.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(stranger));
    }

    [Fact]
    public async Task A_damaged_configuration_shows_the_server_s_own_words()
    {
        await (await StartAsync(_directory.Path)).DisposeAsync();
        await File.AppendAllTextAsync(Path.Combine(_directory.Path, "postgres", "data", "postgresql.conf"), "max_connections = many\n", Stop);
        var refusal = await RefusalAsync(_directory.Path);
        Assert.Contains("contains errors", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_server_on_the_same_folder_is_refused()
    {
        await using var first = await StartAsync(_directory.Path);
        var refusal = await RefusalAsync(_directory.Path);
        Assert.Contains("another process runs the PostgreSQL", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, await first.QueryAsync("select 1"));
    }

    [Fact]
    public async Task As_root_a_closed_parent_folder_is_named()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root runs the server as somebody else");
        var closed = Path.Combine(_directory.Path, "closed");
        Directory.CreateDirectory(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.SetUnixFileMode(_directory.Path, Executable);
        var refusal = await RefusalAsync(Path.Combine(closed, "d"));
        Assert.Contains($"may not enter {closed};", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(closed) & (UnixFileMode.GroupExecute | UnixFileMode.OtherExecute));
    }

    private void FakeBinaries(string version)
    {
        foreach (var program in (string[])["postgres", "initdb", "pg_ctl"]) { FakeProgram(program, $"echo '{program} (PostgreSQL) {version}'"); }
    }

    private void FakeProgram(string name, string body)
    {
        var path = Path.Combine(_directory.Path, name);
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, Executable);
    }
}
