using HsStream.Store.Writing;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HsStream.Store.Leadership;

/// <summary>One process at a time does a piece of work: whoever holds a PostgreSQL advisory lock.</summary>
/// <remarks>
/// The lock belongs to a connection, so it ends with the process, the connection or the server. Between the loss and its discovery
/// (<see cref="Heartbeat"/>) two processes may believe that they lead: the work must bear that, for instance by checkpoints that
/// only move forward.
/// </remarks>
public sealed class LeaderElection
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    private readonly string _connectionString;
    private readonly string _schema;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;

    internal LeaderElection(LedgerOptions options, ILogger logger, TimeProvider clock)
    {
        // Unpooled: a pooled connection would keep the lock after it was closed here.
        _connectionString = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            Pooling = false,
            ApplicationName = "hsstream-leader",
            CommandTimeout = 5,
        }.ConnectionString;
        (_schema, _logger, _clock) = (options.Schema, logger, clock);
    }

    /// <summary>Waits for the lead, does the work, and takes part in the election again whenever the lead was lost.</summary>
    /// <param name="work">Its token is cancelled when the lead is lost or the caller stops. When it returns by itself, so does this.</param>
    public async Task RunAsync(string role, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await TryRunAsync(role, work, cancellationToken)) { return; }
            await Task.Delay(Heartbeat, _clock, cancellationToken);
        }
    }

    /// <returns>True when the work was done to its end; false when another process leads, or the lead was lost on the way.</returns>
    public async Task<bool> TryRunAsync(string role, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            if (!await TryLockAsync(connection, role, cancellationToken)) { return false; }
        }
        catch (Exception e) when (LedgerPipeline.IsTransient(e))
        {
            return false;
        }

        _logger.LeadTaken(role);
        using var lead = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = WatchAsync(connection, role, lead);
        try
        {
            await work(lead.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && lead.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            await lead.CancelAsync();
            await watch;
        }
    }

    private async Task<bool> TryLockAsync(NpgsqlConnection connection, string role, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select pg_try_advisory_lock(hashtext($1), 2)", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = $"hsstream {_schema} {role}" });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task WatchAsync(NpgsqlConnection connection, string role, CancellationTokenSource lead)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Heartbeat, _clock, lead.Token);
                await using var command = new NpgsqlCommand("select 1", connection);
                await command.ExecuteScalarAsync(lead.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The work is done, or the caller stops.
        }
        catch (Exception e) when (LedgerPipeline.IsTransient(e))
        {
            _logger.LeadLost(role, LedgerPipeline.Describe(e));
            await lead.CancelAsync();
        }
    }
}
