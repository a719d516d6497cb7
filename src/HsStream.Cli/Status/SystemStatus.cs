using HsStream.Cli.Connect;
using HsStream.Cli.DeadLetters;
using HsStream.Store.Reading;

namespace HsStream.Cli.Status;

/// <param name="Records">Offsets between first and next; with transactions some of them are markers.</param>
internal sealed record TopicStatus(string Topic, int Partitions, long Records);

/// <summary>How far the ledger lies behind Kafka.</summary>
/// <param name="Records">Still to be recorded.</param>
/// <param name="Unknown">Topics that the ledger has not begun yet.</param>
internal sealed record LedgerLag(long Records, IReadOnlyList<string> Unknown);

/// <summary>The system at one moment. A part that does not answer is a problem in words, and the rest is told all the same.</summary>
internal sealed record SystemStatus
{
    public required Connections Connections { get; init; }

    public IReadOnlyList<RoleHealth> Roles { get; private set; } = [];

    public IReadOnlyList<TopicStatus> Topics { get; private set; } = [];

    public IReadOnlyList<GroupLag> Groups { get; private set; } = [];

    public IReadOnlyDictionary<string, int> DeadLetters { get; private set; } = new Dictionary<string, int>();

    public LedgerStatus? Ledger { get; private set; }

    public LedgerLag? Lag { get; private set; }

    public ServingPeriod? Champion { get; private set; }

    public IReadOnlyList<ModelRecord> Models { get; private set; } = [];

    public List<string> Problems { get; } = [];

    public static async Task<SystemStatus> ReadAsync(Connections connections, IReadOnlyDictionary<string, string> roles, TimeProvider time, CancellationToken cancellationToken)
    {
        var status = new SystemStatus { Connections = connections };
        status.Roles = await Task.WhenAll(roles.Select(role => RoleHealth.AskAsync(role.Key, role.Value, cancellationToken)));
        foreach (var role in status.Roles.Where(role => role.Status != "ready")) { status.Problems.Add($"{role.Roles} at {role.Address}: {role.Status}{(role.Problems.Count > 0 ? $" ({string.Join("; ", role.Problems)})" : "")}"); }
        var kafka = new KafkaAccess(connections);
        await status.TryAsync(() => status.ReadKafkaAsync(kafka, time, cancellationToken));
        await status.TryAsync(() => status.ReadLedgerAsync(kafka, time, cancellationToken));
        return status;
    }

    private async Task TryAsync(Func<Task> read)
    {
        try
        {
            await read();
        }
        catch (OperatorException e)
        {
            Problems.Add(e.Message);
        }
    }

    private async Task ReadKafkaAsync(KafkaAccess kafka, TimeProvider time, CancellationToken cancellationToken)
    {
        var topics = kafka.Topics();
        using var consumer = kafka.OpenConsumer();
        Topics = [.. topics.Where(topic => topic.Key.StartsWith("hs.", StringComparison.Ordinal)).Select(topic => new TopicStatus(
            topic.Key, topic.Value, Enumerable.Range(0, topic.Value).Select(p => kafka.Bounds(consumer, new(topic.Key, p))).Sum(bounds => bounds.Next - bounds.First)))];
        if (!topics.ContainsKey(Domain.Messages.Topics.Descriptions)) { Problems.Add($"there is no topic {Domain.Messages.Topics.Descriptions}; a role that runs creates it"); }
        Groups = await new GroupLags(kafka, time).ReadAsync(cancellationToken);
        if (topics.ContainsKey(Domain.Messages.Topics.DeadLetters))
        {
            DeadLetters = new DeadLetterTopic(kafka).ReadAll(out _, cancellationToken).CountBy(letter => letter.Letter.Reason).ToDictionary();
        }
    }

    private async Task ReadLedgerAsync(KafkaAccess kafka, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var store = await LedgerAccess.OpenAsync(Connections, cancellationToken);
        Ledger = await store.Queries.StatusAsync(cancellationToken);
        Champion = (await store.Queries.ServingPeriodsAsync(cancellationToken)).LastOrDefault(period => period.Until is null);
        Models = await store.Queries.ModelsAsync(cancellationToken);
        if (Champion is null) { Problems.Add("no model serves: descriptions wait; hsstream models list"); }
        using var consumer = kafka.OpenConsumer();
        var lags = new GroupLags(kafka, time);
        long behind = 0;
        var unknown = new List<string>();
        foreach (var topic in Topics.Where(topic => Domain.Messages.Topics.All.Contains(topic.Topic)))
        {
            var isKnown = false;
            for (var p = 0; p < topic.Partitions; p++)
            {
                isKnown |= Ledger.Offsets.TryGetValue((topic.Topic, p), out var recorded);
                behind += lags.Lag(consumer, new(topic.Topic, p), recorded).Records;
            }

            if (!isKnown && topic.Records > 0) { unknown.Add(topic.Topic); }
        }

        Lag = new LedgerLag(behind, unknown);
    }
}
