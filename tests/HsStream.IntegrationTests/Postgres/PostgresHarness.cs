using HsStream.Embedded.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace HsStream.IntegrationTests.Postgres;

/// <summary>Starts private servers and talks SQL to them.</summary>
internal static class PostgresHarness
{
    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static Task<PrivatePostgres> StartAsync(string directory, int port = 0, string? binaries = null) =>
        PrivatePostgres.StartAsync(
            new PostgresOptions { DataDirectory = directory, Port = port, BinDirectory = binaries },
            NullLoggerFactory.Instance, TimeProvider.System, Stop);

    public static async Task<HsStream.Embedded.Postgres.PostgresException> RefusalAsync(string directory, int port = 0, string? binaries = null)
    {
        var refusal = await Assert.ThrowsAsync<HsStream.Embedded.Postgres.PostgresException>(() => StartAsync(directory, port, binaries));
        Assert.DoesNotContain('\n', refusal.Message);
        return refusal;
    }

    public static async Task<object?> QueryAsync(this PrivatePostgres server, string sql)
    {
        // Unpooled: a pooled connection would outlive the server it belongs to.
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Stop);
    }

    public static int PostmasterOf(string dataDirectory) => PostmasterFile.Read(dataDirectory)!.ProcessId;

    public static async Task UntilAsync(Func<bool> condition, string expectation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within 30 seconds: {expectation}");
            await Task.Delay(10, Stop);
        }
    }
}
