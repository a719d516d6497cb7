using System.Globalization;
using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

/// <summary>Members of one group that join, sync, commit, repeat themselves, fall silent and come back, driven by one random number.</summary>
internal sealed class GroupWorld
{
    private const int Steps = 300;
    private readonly Random _random;
    private readonly CoordinatorRig _rig = new();
    private readonly List<GroupClient> _clients;

    public GroupWorld(int seed)
    {
        _random = new Random(seed);
        _rig.CreateTopic("t");
        var history = new GroupHistory();
        _clients =
        [
            .. Enumerable.Range(0, 3).Select(_ => new GroupClient(_rig, history, null)),
            .. Enumerable.Range(0, 2).Select(index => new GroupClient(_rig, history, $"static {index}")),
        ];
    }

    public void Run()
    {
        for (var step = 0; step < Steps; step++)
        {
            switch (_random.Next(16))
            {
                case 0:
                    _rig.Advance(TimeSpan.FromSeconds(_random.Next(1, 30)));
                    break;
                case < 4:
                    _rig.Drain();
                    break;
                case < 6:
                    _rig.Flush();
                    break;
                default:
                    _clients[_random.Next(_clients.Count)].Act(_random);
                    break;
            }

            Observe();
        }

        // Everybody falls silent: all that is parked gets its answer, and the group empties.
        _rig.Advance(TimeSpan.FromSeconds(60));
        Observe();
        for (var i = 0; i < 8; i++) { _rig.Advance(TimeSpan.FromMinutes(1)); }
        Assert.All(_clients, client => Assert.False(client.IsWaiting));
        Assert.Equal(0, _rig.Coordinator.GroupCounts[GroupState.Stable] + _rig.Coordinator.GroupCounts[GroupState.PreparingRebalance] + _rig.Coordinator.GroupCounts[GroupState.CompletingRebalance]);
        var committed = _clients[0].History.LastCommitted;
        Assert.Equal(committed, new Consumer(_rig).Fetch().Offset);
        _rig.Kill();
        Assert.Equal(committed, new Consumer(_rig).Fetch().Offset);
    }

    private void Observe()
    {
        foreach (var client in _clients) { client.Observe(); }
        _clients[0].History.EndStep();
    }
}

/// <summary>What all members together were told.</summary>
internal sealed class GroupHistory
{
    private readonly Dictionary<int, string> _leaders = [];
    private readonly Dictionary<(int Generation, string Owner), string> _assigned = [];
    private int _generation;
    private int _newest;

    public long LastCommitted { get; set; } = -1;

    public long NextOffset { get; set; }

    public void Joined(JoinGroupResponse response)
    {
        if (response.Error != ErrorCode.None) { return; }

        Assert.True(response.GenerationId >= _generation, $"Generation {response.GenerationId} follows {_generation}.");
        _newest = Math.Max(_newest, response.GenerationId);
        if (response.Members.Count > 0 && !response.SkipAssignment)
        {
            // A generation may change its leader's id, when a static one restarts, but not hand the same role to two members.
            var owner = response.Members.Single(member => member.MemberId == response.MemberId) is var self ? self.GroupInstanceId ?? self.MemberId : "";
            Assert.Equal(_leaders.GetValueOrDefault(response.GenerationId, owner), owner);
            _leaders[response.GenerationId] = owner;
        }
    }

    /// <summary>Answers of one step come in no order.</summary>
    public void EndStep() => _generation = _newest;

    public void Assigned(int generation, string owner, string assignment)
    {
        // Empty: the leader did not know of the member, or did not come to assign.
        if (assignment.Length == 0) { return; }

        Assert.Equal($"{generation.ToString(CultureInfo.InvariantCulture)}/{owner}", assignment);
        Assert.Equal(_assigned.GetValueOrDefault((generation, owner), assignment), assignment);
        _assigned[(generation, owner)] = assignment;
    }
}

internal sealed class GroupClient(CoordinatorRig rig, GroupHistory history, string? instance)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly List<(Task Request, DateTimeOffset Sent)> _waiting = [];
    private Consumer _consumer = New(rig, instance);
    private Task<JoinGroupResponse>? _join;
    private Task<SyncGroupResponse>? _sync;
    private (int Generation, string Owner) _syncing;
    private (string Member, string Assignment)[] _assignments = [];

    public GroupHistory History => history;

    public bool IsWaiting => _waiting.Exists(wait => !wait.Request.IsCompleted);

    public void Act(Random random)
    {
        if (_join is { IsCompleted: true }) { TakeJoin(); }
        if (_sync is { IsCompleted: true }) { TakeSync(); }
        switch (random.Next(12))
        {
            case 0:
                // Lost answers make a client send again what it sent, on another connection.
                if (_consumer.Generation >= 0) { Wait(_consumer.Sync(_assignments)); }
                break;
            case 1:
                if (_consumer.MemberId.Length > 0) { Wait(_consumer.Join()); }
                break;
            case 2:
                _consumer.Heartbeat();
                break;
            case 3:
                Commit();
                break;
            case 4 when random.Next(3) == 0:
                _consumer.Leave();
                Restart();
                break;
            case 5 when random.Next(3) == 0:
                Restart();
                break;
            case 6 when random.Next(3) == 0:
                _consumer.Protocols = [("range", Consumer.Subscription("t", random.Next(3).ToString(CultureInfo.InvariantCulture)))];
                break;
            case < 9:
                if (_join is null) { Wait(_join = _consumer.Join()); }
                break;
            default:
                if (_consumer.Generation >= 0 && _sync is null)
                {
                    _syncing = (_consumer.Generation, instance ?? _consumer.MemberId);
                    Wait(_sync = _consumer.Sync(_assignments));
                }

                break;
        }
    }

    /// <summary>Notes what was answered in the last step; nobody is kept waiting beyond the rebalance timeout.</summary>
    public void Observe()
    {
        foreach (var (request, _) in _waiting)
        {
            if (request is Task<JoinGroupResponse> { IsCompleted: true } join) { history.Joined(join.GetAwaiter().GetResult()); }
        }

        _waiting.RemoveAll(wait => wait.Request.IsCompleted);
        Assert.All(_waiting, wait => Assert.True(rig.Time.GetUtcNow() - wait.Sent <= Patience, $"{wait.Request.GetType()} of {_consumer.MemberId} waits since {wait.Sent}."));
    }

    private static Consumer New(CoordinatorRig rig, string? instance) => new(rig, instance: instance) { SessionTimeoutMs = 20_000 };

    private void Restart() => (_consumer, _join, _sync) = (New(rig, instance), null, null);

    private void Wait(Task request) => _waiting.Add((request, rig.Time.GetUtcNow()));

    private void TakeJoin()
    {
        (var response, _join) = (_join!.GetAwaiter().GetResult(), null);
        switch (response.Error)
        {
            case ErrorCode.None:
                (_consumer.MemberId, _consumer.Generation) = (response.MemberId, response.GenerationId);
                _assignments = response.SkipAssignment ? [] :
                [
                    .. response.Members.Select(member => (
                        member.MemberId, $"{response.GenerationId.ToString(CultureInfo.InvariantCulture)}/{member.GroupInstanceId ?? member.MemberId}")),
                ];
                break;
            case ErrorCode.MemberIdRequired:
                _consumer.MemberId = response.MemberId;
                break;
            case ErrorCode.RebalanceInProgress:
                break;
            default:
                Assert.True(response.Error is ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId, $"A join was answered {response.Error}.");
                Restart();
                break;
        }
    }

    private void TakeSync()
    {
        (var response, _sync) = (_sync!.GetAwaiter().GetResult(), null);
        if (response.Error == ErrorCode.None)
        {
            history.Assigned(_syncing.Generation, _syncing.Owner, CoordinatorRig.Text(response.Assignment));
        }
        else
        {
            Assert.True(
                response.Error is ErrorCode.RebalanceInProgress or ErrorCode.UnknownMemberId or ErrorCode.IllegalGeneration or ErrorCode.FencedInstanceId,
                $"A sync was answered {response.Error}.");
        }
    }

    private void Commit()
    {
        var offset = history.NextOffset++;
        var error = rig.Answer(_consumer.Commit(offset)).Error();
        if (error == ErrorCode.None) { history.LastCommitted = offset; }
    }
}
