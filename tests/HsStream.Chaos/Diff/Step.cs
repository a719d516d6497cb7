using System.Net.Sockets;
using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Chaos.Diff;

/// <summary>Where a request goes.</summary>
internal abstract record Route
{
    private Route()
    {
    }

    public sealed record Any : Route;

    public sealed record Leader(string Topic, int Partition) : Route;

    public sealed record Group(string Id) : Route;

    public sealed record Transaction(string Id) : Route;

    public Task<RawClient> OpenAsync(Side side, string lane, CancellationToken cancellationToken) => this switch
    {
        Leader leader => side.Cluster.LeaderAsync(lane, side.Name(leader.Topic), leader.Partition, cancellationToken),
        Group group => side.Cluster.CoordinatorAsync(lane, group.Id.Length == 0 ? string.Empty : side.Name(group.Id), 0, cancellationToken),
        Transaction transaction => side.Cluster.CoordinatorAsync(lane, transaction.Id.Length == 0 ? string.Empty : side.Name(transaction.Id), 1, cancellationToken),
        _ => side.Cluster.AnyAsync(lane, cancellationToken),
    };
}

/// <summary>What happened in one step.</summary>
/// <param name="Request">As sent, without what is particular to one broker.</param>
internal sealed record Played(string Request, string Answer);

/// <summary>One step of a script: a request whose answer is compared, or a wait that brings both brokers to the same point.</summary>
internal abstract class Step
{
    public abstract Task<Played> PlayAsync(Side side, CancellationToken cancellationToken);
}

/// <summary>Sends a request and takes the answer as text; a closed connection is an answer too.</summary>
internal sealed class Call(Route route, ApiKey key, short version, Func<Side, IWireStruct> build) : Step
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryLimit = TimeSpan.FromSeconds(30);

    public string Lane { get; init; } = "main";

    /// <summary>Sent and left waiting; a <see cref="Receive"/> takes the answer.</summary>
    public bool Parks { get; init; }

    /// <summary>No answer comes (acks 0).</summary>
    public bool Silent { get; init; }

    /// <summary>Keeps ids of the answer.</summary>
    public Action<Side, IWireStruct>? Learn { get; init; }

    /// <summary>An answer that only says "not yet": asked again, so that brokers of different speed compare equal.</summary>
    public Func<IWireStruct, bool> NotYet { get; init; } = _ => false;

    public override async Task<Played> PlayAsync(Side side, CancellationToken cancellationToken)
    {
        var request = build(side);
        var text = $"{Lane}: {key} v{version} {Rendering.Text(side, request)}";
        if (Parks)
        {
            var client = await route.OpenAsync(side, Lane, cancellationToken);
            await client.WriteRequestAsync(key, version, request, cancellationToken);
            side.Parked[Lane] = ReceiveAsync(side, client, cancellationToken);
            return new Played(text, "sent");
        }

        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            try
            {
                var client = await route.OpenAsync(side, Lane, cancellationToken);
                if (Silent)
                {
                    await client.WriteRequestAsync(key, version, request, cancellationToken);
                    return new Played(text, "no answer");
                }

                var response = await client.SendAsync(key, version, request, cancellationToken);
                if ((IsNotYet(response) || NotYet(response)) && watch.Elapsed < RetryLimit)
                {
                    await Task.Delay(RetryPause, cancellationToken);
                    continue;
                }

                Learn?.Invoke(side, response);
                return new Played(text, Rendering.Text(side, response));
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                side.Cluster.Drop(Lane);
                return new Played(text, "connection closed");
            }
        }
    }

    private async Task<string> ReceiveAsync(Side side, RawClient client, CancellationToken cancellationToken)
    {
        try
        {
            var (_, response) = Frame.ReadResponse(await client.ReadFrameAsync(cancellationToken), ApiTable.Get(key), version);
            Learn?.Invoke(side, response);
            return Rendering.Text(side, response);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            side.Cluster.Drop(Lane);
            return "connection closed";
        }
    }

    /// <summary>A coordinator that is loading or moving, or a transaction whose end is still being written.</summary>
    private static bool IsNotYet(IWireStruct response)
    {
        ErrorCode[] errors = response switch
        {
            InitProducerIdResponse init => [init.Error],
            TxnResponse txn => [txn.Error],
            AddPartitionsToTxnResponse added => [.. added.Topics.SelectMany(topic => topic.Partitions).Select(row => row.Error)],
            TxnOffsetCommitResponse committed => [.. committed.Topics.SelectMany(topic => topic.Partitions).Select(row => row.Error)],
            ProduceResponse produced => [.. produced.Topics.SelectMany(topic => topic.Partitions).Select(row => row.Error)],
            OffsetCommitResponse committed => [.. committed.Topics.SelectMany(topic => topic.Partitions).Select(row => row.Error)],
            OffsetFetchResponse fetched => [.. fetched.Groups.Select(group => group.Error)],
            JoinGroupResponse join => [join.Error],
            HeartbeatResponse heartbeat => [heartbeat.Error],
            DescribeGroupsResponse described => [.. described.Groups.Select(group => group.Error)],
            _ => [],
        };
        return errors.Any(error => error is ErrorCode.CoordinatorLoadInProgress or ErrorCode.CoordinatorNotAvailable or ErrorCode.NotCoordinator
            or ErrorCode.ConcurrentTransactions or ErrorCode.NotLeaderOrFollower);
    }
}

/// <summary>Takes the answer of a request that was left waiting.</summary>
internal sealed class Receive(string lane) : Step
{
    public override async Task<Played> PlayAsync(Side side, CancellationToken cancellationToken)
    {
        var answer = side.Parked.Remove(lane, out var parked) ? await parked : "nothing was sent";
        return new Played($"{lane}: takes the answer", answer);
    }
}

/// <summary>Waits until no closed transaction holds committed readers back any more.</summary>
internal sealed class Settle(string topic, int partition) : Step
{
    public override async Task<Played> PlayAsync(Side side, CancellationToken cancellationToken)
    {
        var leader = await side.Cluster.LeaderAsync("settle", side.Name(topic), partition, cancellationToken);
        (long Stable, long End) last = (-1, -1);
        await RawCluster.SettleAsync(
            async () =>
            {
                last = (await OffsetAsync(1), await OffsetAsync(0));
                return last.Stable == last.End;
            },
            $"{topic} to settle; stable and end offset are {last}",
            cancellationToken);
        return new Played($"settle {topic}/{partition}", $"end {last.End}");

        async Task<long> OffsetAsync(sbyte isolation) =>
            (await leader.SendAsync<ListOffsetsResponse>(ApiKey.ListOffsets, 7, Requests.ListOffsets(side.Name(topic), partition, -1, isolation), cancellationToken))
            .Topics[0].Partitions[0].Offset;
    }
}

/// <summary>A generated script.</summary>
/// <param name="Topics">Created before the first step, under the side's prefix.</param>
internal sealed record Script(string Kind, int Seed, IReadOnlyList<ScriptTopic> Topics, IReadOnlyList<Step> Steps);

internal sealed record ScriptTopic(string Name, int Partitions = 1, params (string Name, string Value)[] Configs);
