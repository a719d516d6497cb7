using HsStream.Service.Configuration;
using HsStream.Store.Reading;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HsStream.Service.Console;

/// <summary><c>GET /v1/decisions/{id}</c>: everything that the ledger knows of a description, in the order of its recording.</summary>
internal static class DecisionsEndpoints
{
    public static IEndpointRouteBuilder MapDecisions(this IEndpointRouteBuilder routes)
    {
        // Ids may have slashes in them.
        routes.MapGet("/v1/decisions/{**id}", GetAsync);
        return routes;
    }

    private static async Task<Results<JsonHttpResult<Decision>, ProblemHttpResult>> GetAsync(
        string? id, HttpContext context, LedgerReader ledger, ConsoleOptions options, CancellationToken cancellationToken)
    {
        // The server leaves an escaped slash as it is.
        id = (id ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (DescriptionIds.CheckLookup("id", id) is { } refusal) { return Problems.Of(refusal); }
        try
        {
            var timeline = await ledger.AskAsync(store => store.Queries.DecisionAsync(id, cancellationToken));
            return timeline is null
                ? Problems.NotFound($"id: the ledger has nothing of {Refusal.Show(id)}. What was published a moment ago may not be recorded yet.")
                : TypedResults.Json(Decision.Of(timeline), EventJson.Options);
        }
        catch (LedgerAwayException e)
        {
            return Problems.Unavailable(context, options.RetryAfter, LedgerReader.Postgres, e.Message);
        }
    }
}

/// <param name="Status"><c>described</c>, <c>predicted</c>, <c>corrected</c> or <c>dead_lettered</c>: how far it has come.</param>
/// <param name="Code">Of the newest correction, else of the newest prediction; null while there is neither.</param>
internal sealed record Decision(string DescriptionId, string Status, string? Code, IReadOnlyList<DecisionEvent> Events)
{
    public static Decision Of(DecisionTimeline timeline)
    {
        var (corrected, predicted) = (timeline.Corrections.LastOrDefault(), timeline.Predictions.LastOrDefault());
        var status = corrected is not null ? "corrected" : predicted is not null ? "predicted" : timeline.Texts.Any() ? "described" : "dead_lettered";
        return new Decision(
            timeline.DescriptionId, status, (corrected?.Code ?? predicted?.Code)?.ToString(),
            [.. timeline.Events.Select(stored => new DecisionEvent(stored.Sequence, stored.RecordedAt, stored.Type, stored.Data))]);
    }
}

/// <param name="Type">The event's stored name, such as <c>code_predicted.v1</c>.</param>
internal sealed record DecisionEvent(long Sequence, DateTimeOffset RecordedAt, string Type, object Data);
