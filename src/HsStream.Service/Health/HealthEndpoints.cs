using System.Text.Json.Serialization;
using HsStream.Service.Configuration;
using HsStream.Service.Scoring.Models;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HsStream.Service.Health;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: its roles can do their work, each dependency with its reason.</summary>
internal static class HealthEndpoints
{
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", (IReadOnlySet<Role> roles) => TypedResults.Ok(new Liveness("live", Names(roles))));
        routes.MapGet("/health/ready", Ready);
        return routes;
    }

    private static JsonHttpResult<Readiness> Ready(DependencyWatch watch, IReadOnlySet<Role> roles, IServiceProvider services)
    {
        var states = watch.States;
        var status = !watch.IsReady ? "not_ready" : states.All(state => state.State == DependencyState.Up) ? "ready" : "degraded";
        return TypedResults.Json(
            new Readiness(status, Names(roles), [.. states.Select(state => new Check(state.Name, state.State, state.IsRequired, state.Reason))], Models(services.GetService<ModelKeeper>()?.Plan)),
            HealthJson.Default.Readiness, statusCode: watch.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static ServedModel[] Models(ServingPlan? plan) => plan is null ? [] :
    [
        Served(plan.Champion, "champion"),
        .. plan.Candidate is { } candidate ? [Served(candidate, "candidate")] : Array.Empty<ServedModel>(),
        .. plan.Shadows.Select(shadow => Served(shadow, "shadow")),
    ];

    private static ServedModel Served(LoadedModel model, string part) => new(model.Version, part, model.Provider);

    private static string[] Names(IReadOnlySet<Role> roles) => [.. roles.Order().Select(role => role.ToString().ToLowerInvariant())];
}

internal sealed record Liveness(string Status, string[] Roles);

internal sealed record Readiness(string Status, string[] Roles, Check[] Dependencies, ServedModel[] Models);

/// <param name="Part">champion, candidate or shadow.</param>
/// <param name="Provider">CPU or CUDA.</param>
internal sealed record ServedModel(string ModelVersion, string Part, string Provider);

internal sealed record Check(string Name, string State, bool IsRequired, string? Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Liveness))]
[JsonSerializable(typeof(Readiness))]
internal sealed partial class HealthJson : JsonSerializerContext;
