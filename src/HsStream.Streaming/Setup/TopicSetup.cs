using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;
using AllTopics = HsStream.Domain.Messages.Topics;

namespace HsStream.Streaming.Setup;

/// <summary>How topics are created that do not exist yet.</summary>
public sealed class TopicOptions
{
    public const string Section = "Topics";

    /// <summary>Of every topic whose order is by key; hs.models and hs.experiments have one.</summary>
    [Range(1, 10_000)]
    public int Partitions { get; set; } = 6;

    /// <summary>-1: the broker's default.</summary>
    [Range(-1, 100)]
    public short ReplicationFactor { get; set; } = -1;

    /// <summary>More topic settings, such as <c>min.insync.replicas</c>, for all created topics.</summary>
    public IDictionary<string, string> Configs { get; set; } = new Dictionary<string, string>();
}

/// <param name="Created">Topics that were not there.</param>
/// <param name="Problems">What is wrong with topics that were there, for an operator; they are left alone.</param>
public sealed record TopicReport(IReadOnlyList<string> Created, IReadOnlyList<string> Problems);

/// <summary>Creates the topics of HsStream where they are missing.</summary>
public static class TopicSetup
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // A dead letter is a record as large as its topic allows, and headers.
    private const string DeadLetterBytes = "2097152";

    /// <summary>Creates what is missing of <see cref="AllTopics.All"/>, and waits until it can be written.</summary>
    /// <exception cref="KafkaException">The cluster does not answer or refuses.</exception>
    public static Task<TopicReport> EnsureAsync(KafkaSettings settings, TopicOptions options, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        EnsureAsync(settings, options, AllTopics.All, loggers, cancellationToken);

    internal static async Task<TopicReport> EnsureAsync(
        KafkaSettings settings, TopicOptions options, IReadOnlyList<string> topics, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var logger = loggers.CreateLogger(typeof(TopicSetup));
        using var admin = new AdminClientBuilder(ClientConfigs.Admin(settings, "topics"))
            .SetLogHandler((_, message) => logger.Client(message)).SetErrorHandler((_, error) => logger.Client(error)).Build();
        var created = await CreateAsync(admin, options, topics, cancellationToken);
        await WaitForLeadersAsync(admin, created, cancellationToken);
        var problems = await CheckAsync(admin, topics.Except(created).ToList(), cancellationToken);
        foreach (var problem in problems) { logger.TopicProblem(problem); }
        return new TopicReport(created, problems);
    }

    internal static bool IsCompacted(string topic) =>
        topic.EndsWith(AllTopics.Models, StringComparison.Ordinal) || topic.EndsWith(AllTopics.Experiments, StringComparison.Ordinal);

    private static async Task<List<string>> CreateAsync(IAdminClient admin, TopicOptions options, IReadOnlyList<string> topics, CancellationToken cancellationToken)
    {
        var existing = (await Task.Run(() => admin.GetMetadata(Patience), cancellationToken)).Topics
            .Where(topic => topic.Error.Code == ErrorCode.NoError).Select(topic => topic.Topic).ToHashSet();
        var missing = topics.Where(topic => !existing.Contains(topic)).ToList();
        if (missing.Count == 0) { return []; }
        try
        {
            await admin.CreateTopicsAsync(missing.Select(topic => Specify(topic, options)), new CreateTopicsOptions { OperationTimeout = Patience, RequestTimeout = Patience });
            return missing;
        }
        catch (CreateTopicsException e) when (e.Results.TrueForAll(result => result.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists))
        {
            // Another instance was faster.
            return [.. e.Results.Where(result => result.Error.Code == ErrorCode.NoError).Select(result => result.Topic)];
        }
    }

    private static TopicSpecification Specify(string topic, TopicOptions options)
    {
        var configs = new Dictionary<string, string>(options.Configs) { ["cleanup.policy"] = IsCompacted(topic) ? "compact" : "delete" };
        if (topic.EndsWith(AllTopics.DeadLetters, StringComparison.Ordinal)) { configs.TryAdd("max.message.bytes", DeadLetterBytes); }
        return new TopicSpecification
        {
            Name = topic,
            NumPartitions = IsCompacted(topic) ? 1 : options.Partitions,
            ReplicationFactor = options.ReplicationFactor,
            Configs = configs,
        };
    }

    private static async Task WaitForLeadersAsync(IAdminClient admin, List<string> topics, CancellationToken cancellationToken)
    {
        foreach (var topic in topics)
        {
            while (true)
            {
                var rows = (await Task.Run(() => admin.GetMetadata(topic, Patience), cancellationToken)).Topics;
                if (rows is [{ Error.Code: ErrorCode.NoError, Partitions: { Count: > 0 } partitions }] && partitions.TrueForAll(partition => partition.Leader >= 0)) { break; }
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }
        }
    }

    private static async Task<List<string>> CheckAsync(IAdminClient admin, List<string> topics, CancellationToken cancellationToken)
    {
        if (topics.Count == 0) { return []; }
        var problems = new List<string>();
        var described = await admin.DescribeConfigsAsync(
            topics.Select(topic => new ConfigResource { Type = ResourceType.Topic, Name = topic }), new DescribeConfigsOptions { RequestTimeout = Patience });
        foreach (var row in described)
        {
            var topic = row.ConfigResource.Name;
            var policy = row.Entries.TryGetValue("cleanup.policy", out var entry) ? entry.Value : "";
            var wanted = IsCompacted(topic) ? "compact" : "delete";
            if (policy != wanted) { problems.Add($"{topic}: expected cleanup.policy {wanted}, got {policy}"); }
        }

        foreach (var topic in topics.Where(IsCompacted))
        {
            var partitions = (await Task.Run(() => admin.GetMetadata(topic, Patience), cancellationToken)).Topics[0].Partitions.Count;
            if (partitions != 1) { problems.Add(string.Create(CultureInfo.InvariantCulture, $"{topic}: expected 1 partition, got {partitions}")); }
        }

        return problems;
    }
}
