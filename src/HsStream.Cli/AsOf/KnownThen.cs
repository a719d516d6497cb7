using HsStream.Cli.Connect;
using HsStream.Domain.ModelLifecycle;
using HsStream.Store;
using HsStream.Store.Reading;
using Npgsql;

namespace HsStream.Cli.AsOf;

/// <summary>The ledger as it stood at an instant.</summary>
/// <param name="Served">Null when no model served.</param>
/// <param name="Events">Recorded by then.</param>
/// <param name="Seal">Of the last batch that was recorded by then; what <c>verify --head</c> compares with.</param>
/// <param name="ByType">Events by their stored name.</param>
/// <param name="Models">State of each model that was registered by then.</param>
internal sealed record KnownThen(
    DateTimeOffset At, ServingPeriod? Served, long Events, string? Seal, IReadOnlyList<(string Type, long Count)> ByType, IReadOnlyList<(string Version, ModelState State)> Models)
{
    public static async Task<KnownThen> ReadAsync(LedgerStore ledger, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var models = (await ledger.Queries.ModelsAsync(cancellationToken))
            .Select(model => (model.Version, Known: model.History.Where(stored => stored.RecordedAt <= at).Select(stored => (ModelEvent)stored.Data).ToList()))
            .Where(model => model.Known.Count > 0)
            .Select(model => (model.Version, model.Known.Aggregate(ModelState.Initial, ModelDecider.Evolve))).ToList();
        var byType = new List<(string, long)>();
        await using var session = ledger.Marten.QuerySession();
        await using (var command = new NpgsqlCommand($"select type, count(*) from {LedgerAccess.Schema}.mt_events where \"timestamp\" <= $1 group by type order by type"))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = at.UtcDateTime });
            await using var reader = await session.ExecuteReaderAsync(command, cancellationToken);
            while (await reader.ReadAsync(cancellationToken)) { byType.Add((reader.GetString(0), reader.GetInt64(1))); }
        }

        string? seal = null;
        await using (var command = new NpgsqlCommand($"select number, hash from {LedgerAccess.Schema}.ledger_seals where sealed_at <= $1 order by number desc limit 1"))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = at.UtcDateTime });
            await using var reader = await session.ExecuteReaderAsync(command, cancellationToken);
            if (await reader.ReadAsync(cancellationToken)) { seal = $"{reader.GetInt64(0)}:{Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(1))}"; }
        }

        return new KnownThen(at, await ledger.Queries.WhoServedAtAsync(at, cancellationToken), byType.Sum(type => type.Item2), seal, byType, models);
    }
}
