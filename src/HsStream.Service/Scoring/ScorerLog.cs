using HsStream.Domain.Messages;

namespace HsStream.Service.Scoring;

internal static partial class ScorerLog
{
    [LoggerMessage(7001, LogLevel.Information, "Model {ModelVersion} serves on {Provider}; before it: {Before}")]
    public static partial void ChampionServes(this ILogger logger, string modelVersion, string provider, string before);

    [LoggerMessage(7002, LogLevel.Warning, "No model serves: nothing is consumed until a champion is announced")]
    public static partial void NothingServes(this ILogger logger);

    [LoggerMessage(7003, LogLevel.Information, "Experiment {ExperimentId} ({Kind}) gives {CandidateShare:P1} of the descriptions to {Candidate}")]
    public static partial void ExperimentServes(this ILogger logger, string experimentId, ExperimentKind kind, string candidate, double candidateShare);

    [LoggerMessage(7004, LogLevel.Error, "The bundle of {ModelVersion} cannot be used: {Problem} It is tried again every {RetryAfter}; what served before goes on")]
    public static partial void BundleUnusable(this ILogger logger, string modelVersion, string problem, TimeSpan retryAfter);

    [LoggerMessage(7005, LogLevel.Warning, "Not done: {Ignored}")]
    public static partial void AnnouncementIgnored(this ILogger logger, string ignored);

    [LoggerMessage(7006, LogLevel.Warning, "Model {ModelVersion}: {Warning}")]
    public static partial void ProviderFellBack(this ILogger logger, string modelVersion, string warning);

    [LoggerMessage(7007, LogLevel.Error, "Model {ModelVersion} failed on {Records} records as {Part}; they are left out of its results")]
    public static partial void ModelFailed(this ILogger logger, Exception e, string modelVersion, int records, string part);

    [LoggerMessage(7008, LogLevel.Information, "Worker {Worker} consumes {Topic}")]
    public static partial void WorkerStarted(this ILogger logger, int worker, string topic);

    [LoggerMessage(7009, LogLevel.Information, "Worker {Worker} stopped")]
    public static partial void WorkerStopped(this ILogger logger, int worker);

    [LoggerMessage(7010, LogLevel.Information, "The scorer starts {Workers} workers; it runs models on {Accelerator}, {IntraOpThreads} threads each")]
    public static partial void ScorerStarted(this ILogger logger, int workers, string accelerator, int intraOpThreads);

    [LoggerMessage(7011, LogLevel.Warning, "{What} failed and is tried again after {Wait}: {Problem}")]
    public static partial void TriedAgain(this ILogger logger, string what, TimeSpan wait, string problem);
}
