using HsStream.Domain.Messages;
using HsStream.Service.Configuration;
using HsStream.Store.Reading;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HsStream.Service.Console;

/// <summary><c>GET /v1/models</c>: every model version with its stage, as operators decided and as it was announced.</summary>
internal static class ModelsEndpoints
{
    public static IEndpointRouteBuilder MapModels(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/models", GetAsync);
        return routes;
    }

    private static async Task<Results<JsonHttpResult<ModelList>, ProblemHttpResult>> GetAsync(
        HttpContext context, LedgerReader ledger, ConsoleOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var models = await ledger.AskAsync(store => store.Queries.ModelsAsync(cancellationToken));
            return TypedResults.Json(new ModelList([.. models.Select(ModelEntry.Of)]), EventJson.Options);
        }
        catch (LedgerAwayException e)
        {
            return Problems.Unavailable(context, options.RetryAfter, LedgerReader.Postgres, e.Message);
        }
    }
}

internal sealed record ModelList(IReadOnlyList<ModelEntry> Models);

/// <param name="Stage">As operators decided; null for a model that was only announced.</param>
/// <param name="AnnouncedStage">What the scorers were told last; null while they were told nothing.</param>
internal sealed record ModelEntry(
    string ModelVersion, ModelStage? Stage, ModelStage? AnnouncedStage, string? Architecture, string? EncoderHash, string? NomenclatureEdition,
    IReadOnlyDictionary<string, double>? Metrics, DateTimeOffset ChangedAt)
{
    public static ModelEntry Of(ModelRecord model)
    {
        var (facts, announced) = (model.State.Facts, model.State.Announced);
        return new ModelEntry(
            model.Version, model.State.Stage, announced?.Stage, facts?.Architecture ?? announced?.Architecture, facts?.EncoderHash ?? announced?.EncoderHash,
            (facts?.Edition ?? announced?.Edition)?.Name, facts?.Metrics ?? announced?.Metrics, model.History[^1].RecordedAt);
    }
}
