using HsStream.Scoring.Onnx;
using HsStream.Service.Configuration;
using HsStream.Service.Health;
using HsStream.Service.Hosting;
using HsStream.Service.Scoring.Models;

namespace HsStream.Service.Scoring;

/// <summary>The role scorer: descriptions in, predictions out.</summary>
internal static class ScorerParts
{
    private const int MostWorkersByDefault = 8;

    public static IServiceCollection AddScorer(this IServiceCollection services, IReadOnlySet<Role> roles) => !roles.Contains(Role.Scorer) ? services : services
        .AddSingleton<ModelMetrics>()
        .AddSingleton<ScorerMetrics>()
        .AddSingleton(CreateKeeper)
        .AddSingleton<ModelFollowers>()
        .AddSingleton<ScorerRole>()
        .AddTask("models", (provider, stop) => provider.GetRequiredService<ModelKeeper>().RunAsync(stop))
        .AddTask("announcements", (provider, stop) => provider.GetRequiredService<ModelFollowers>().RunAsync(stop))
        .AddTask("scorer", (provider, stop) => provider.GetRequiredService<ScorerRole>().RunAsync(stop))
        .AddSingleton(provider => Ask(provider, "champion", isRequired: true, keeper => keeper.Plan is null ? keeper.Problem ?? "is loading" : null))
        .AddSingleton(provider => Ask(provider, "models", isRequired: false, keeper => keeper.Problem));

    public static int WorkersOf(ScorerOptions options) => options.Workers > 0 ? options.Workers : Math.Clamp(Environment.ProcessorCount, 1, MostWorkersByDefault);

    private static ModelKeeper CreateKeeper(IServiceProvider provider)
    {
        var scorer = provider.GetRequiredService<ScorerOptions>();
        return new ModelKeeper(
            provider.GetRequiredService<BundleSource>(), provider.GetRequiredService<ScoringOptions>(), provider.GetRequiredService<ModelsOptions>(),
            scorer.MaxShadows, WorkersOf(scorer), provider.GetRequiredService<ModelMetrics>(), provider.GetRequiredService<ILogger<ModelKeeper>>(),
            provider.GetRequiredService<TimeProvider>());
    }

    private static Dependency Ask(IServiceProvider provider, string name, bool isRequired, Func<ModelKeeper, string?> problem)
    {
        var keeper = provider.GetRequiredService<ModelKeeper>();
        return new Dependency(name, isRequired, _ => Task.FromResult(problem(keeper)));
    }
}
