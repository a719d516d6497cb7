using System.Text;
using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Chaos.Diff;

/// <summary>
/// Members join, sync, rejoin and leave step by step, with wrong requests in between. Only steps whose answer is certain to come
/// are waited for; joins of a rebalance that waits for others are sent first and their answers taken when all have joined.
/// </summary>
internal static class GroupScripts
{
    private const string Group = "group";

    public static Script Dance(int seed)
    {
        var random = new Random(seed);
        var steps = new List<Step>();
        var version = (short)random.Next(2, 10);
        var isStatic = random.Next(3) == 0 && version >= 5;
        var live = new List<string>();
        var generation = 0;
        foreach (var member in (string[])["a", "b", "c"])
        {
            Enter(member);
            Probe();
            if (random.Next(4) == 0) { break; }
        }

        for (var n = random.Next(1, 4); n > 0; n--)
        {
            switch (random.Next(4))
            {
                case 0 when live.Count > 1: Leave(live[random.Next(live.Count)]); break;
                case 1: Rebalance(changed: true); break;
                case 2 when isStatic: Return(live[random.Next(live.Count)]); break;
                default: Commit(live[random.Next(live.Count)]); break;
            }

            Probe();
        }

        while (live.Count > 0) { Leave(live[^1]); }
        steps.Add(Describe());
        steps.Add(OffsetScripts.Fetch(Group, "plain", 0, requireStable: false, 7));
        steps.Add(new Call(new Route.Group(Group), ApiKey.DeleteGroups, 2, side => new DeleteGroupsRequest { Groups = [side.Name(Group)] }));
        return new Script("groups", seed, [new("plain", 2)], steps);

        void Enter(string member)
        {
            if (version >= 4 && !isStatic) { steps.Add(Join(member, version, isStatic)); }
            var waits = live.Count > 0;
            steps.Add(Join(member, version, isStatic, parks: waits));
            live.Add(member);
            if (waits)
            {
                // Everybody hears of it by heartbeat, rejoins, and then all are answered.
                foreach (var other in live.SkipLast(1)) { steps.Add(UntilRebalance(other)); }
                foreach (var other in live.SkipLast(2)) { steps.Add(Join(other, version, isStatic, parks: true)); }
                steps.Add(Join(live[^2], version, isStatic));
                foreach (var other in live.Where(other => other != live[^2])) { steps.Add(new Receive(other)); }
            }

            SyncAll();
        }

        void Leave(string member)
        {
            live.Remove(member);
            steps.Add(
                new Call(
                    new Route.Group(Group), ApiKey.LeaveGroup, (short)random.Next(3, 6),
                    side => new LeaveGroupRequest { GroupId = side.Name(Group), Members = [new() { MemberId = Id(side, member), GroupInstanceId = isStatic ? member : null }] })
                { Lane = member });
            if (live.Count > 0) { Rebalance(changed: false); }
        }

        void Rebalance(bool changed)
        {
            if (changed) { steps.Add(Join(live[0], version, isStatic, parks: live.Count > 1, metadata: $"new-{steps.Count}")); }
            var rest = changed ? live.Skip(1).ToList() : live;
            foreach (var other in rest) { steps.Add(UntilRebalance(other)); }
            foreach (var other in rest.SkipLast(1)) { steps.Add(Join(other, version, isStatic, parks: true)); }
            if (rest.Count > 0) { steps.Add(Join(rest[^1], version, isStatic)); }
            foreach (var other in live.Where(other => rest.Count > 0 && other != rest[^1])) { steps.Add(new Receive(other)); }
            SyncAll();
        }

        void Return(string member)
        {
            // A static member that comes back under its instance id, unchanged: answered at once, nobody is disturbed.
            steps.Add(Join(member, version, isStatic, forget: true));
            steps.Add(Sync(member, withAssignments: false));
            foreach (var other in live) { steps.Add(Heartbeat(other)); }
        }

        void SyncAll()
        {
            generation++;
            // Followers first, so that they wait; the one whose id the join named as leader ends the wait for all.
            foreach (var member in live) { steps.Add(Sync(member, withAssignments: true, parks: true)); }
            foreach (var member in live) { steps.Add(new Receive(member)); }
            steps.Add(Heartbeat(live[random.Next(live.Count)]));
            if (random.Next(3) == 0) { steps.Add(Describe()); }
        }

        void Commit(string member) =>
            steps.Add(
                new Call(
                    new Route.Group(Group), ApiKey.OffsetCommit, (short)random.Next(2, 9),
                    side => Requests.OffsetCommit(side.Name(Group), side.Name("plain"), 0, 10 + generation, "m", generation: side.Get($"{member}.generation", -1), member: Id(side, member)))
                { Lane = member });

        void Probe()
        {
            for (var n = random.Next(3); n > 0; n--)
            {
                var member = random.Next(4) == 0 ? "stranger" : live[random.Next(live.Count)];
                var (wrong, protocol) = (random.Next(-1, 2), random.Next(2) == 0 ? "other" : "range");
                steps.Add(
                    random.Next(5) switch
                    {
                        0 => Heartbeat(member, wrong),
                        1 => new Call(
                            new Route.Group(Group), ApiKey.OffsetCommit, 7,
                            side => Requests.OffsetCommit(side.Name(Group), side.Name("plain"), 1, 5, generation: side.Get($"{member}.generation", -1) + wrong, member: Id(side, member))),
                        2 => new Call(
                            new Route.Group(Group), ApiKey.SyncGroup, 3,
                            side => Requests.Sync(side.Name(Group), side.Get($"{member}.generation", -1) + (wrong == 0 ? 1 : wrong), Id(side, member))),
                        3 => new Call(
                            new Route.Group(Group), ApiKey.LeaveGroup, 3,
                            side => new LeaveGroupRequest { GroupId = side.Name(Group), Members = [new() { MemberId = "nobody" }, new() { MemberId = string.Empty, GroupInstanceId = "no-instance" }] }),
                        _ => new Call(
                            new Route.Group(Group), ApiKey.JoinGroup, 7, side => Requests.Join(side.Name(Group), "nobody", protocol: protocol)),
                    });
            }
        }
    }

    private static string Id(Side side, string member) => side.Get($"{member}.id", string.Empty) is { Length: > 0 } id ? id : member == "stranger" ? "stranger" : string.Empty;

    private static Call Join(string member, short version, bool isStatic, bool parks = false, string? metadata = null, bool forget = false) =>
        new(
            new Route.Group(Group), ApiKey.JoinGroup, version,
            side =>
            {
                if (metadata is not null) { side.Set($"{member}.metadata", metadata); }
                return Requests.Join(side.Name(Group), forget ? string.Empty : Id(side, member), side.Get($"{member}.metadata", $"meta-{member}"), isStatic ? member : null);
            })
        {
            Lane = member,
            Parks = parks,
            Learn = (side, answer) =>
            {
                var join = (JoinGroupResponse)answer;
                if (join.Error is not (ErrorCode.None or ErrorCode.MemberIdRequired)) { return; }
                side.Set($"{member}.id", join.MemberId);
                if (join.Error != ErrorCode.None) { return; }
                side.Set($"{member}.generation", join.GenerationId);
                if (join.Leader == join.MemberId) { side.Set("leader.members", join.Members.ConvertAll(one => one.MemberId)); }
                side.Set($"{member}.leads", join.Leader == join.MemberId);
            },
        };

    private static Call Sync(string member, bool withAssignments, bool parks = false) =>
        new(
            new Route.Group(Group), ApiKey.SyncGroup, 4,
            side => Requests.Sync(
                side.Name(Group), side.Get($"{member}.generation", -1), Id(side, member),
                withAssignments && side.Get($"{member}.leads", false)
                    ? [.. side.Get<List<string>>("leader.members", []).Select(one => (one, Encoding.UTF8.GetBytes($"for {side.Symbol("member", one)}")))]
                    : []))
        {
            Lane = member,
            Parks = parks,
        };

    private static Call Heartbeat(string member, int wrong = 0) =>
        new(
            new Route.Group(Group), ApiKey.Heartbeat, 3,
            side => new HeartbeatRequest { GroupId = side.Name(Group), GenerationId = side.Get($"{member}.generation", -1) + wrong, MemberId = Id(side, member) })
        { Lane = member };

    /// <summary>Heartbeats until the coordinator asks for a rejoin: another member's join may still be on its way.</summary>
    private static Call UntilRebalance(string member) =>
        new(
            new Route.Group(Group), ApiKey.Heartbeat, 3,
            side => new HeartbeatRequest { GroupId = side.Name(Group), GenerationId = side.Get($"{member}.generation", -1), MemberId = Id(side, member) })
        {
            Lane = member,
            NotYet = answer => ((HeartbeatResponse)answer).Error == ErrorCode.None,
        };

    private static Call Describe() => new(new Route.Group(Group), ApiKey.DescribeGroups, 5, side => new DescribeGroupsRequest { Groups = [side.Name(Group)] });
}
