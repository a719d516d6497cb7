using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Chaos.Diff;

/// <summary>Offsets of groups without members.</summary>
internal static class OffsetScripts
{
    public static Script Offsets(int seed)
    {
        var random = new Random(seed);
        var steps = new List<Step>();
        for (var n = 0; n < 18; n++)
        {
            var group = random.Next(3) == 0 ? "other" : random.Next(15) == 0 ? "third" : "group";
            var topic = random.Next(8) == 0 ? "missing" : "plain";
            var partition = random.Next(8) == 0 ? 9 : random.Next(2);
            switch (random.Next(7))
            {
                case 0 or 1 or 2:
                    var (offset, metadata, version) = (random.Next(-1, 50), random.Next(4) switch { 0 => null, 1 => "note", 2 => string.Empty, _ => new string('m', 4_090 + random.Next(12)) }, (short)random.Next(2, 9));
                    var (generation, member) = random.Next(8) switch { 0 => (3, string.Empty), 1 => (-1, "nobody"), 2 => (0, "nobody"), _ => (-1, string.Empty) };
                    steps.Add(
                        new Call(
                            new Route.Group(group), ApiKey.OffsetCommit, version,
                            side => Requests.OffsetCommit(Named(side, group), side.Name(topic), partition, offset, metadata, leaderEpoch: 0, generation, member)));
                    break;
                case 3 or 4: steps.Add(Fetch(group, topic, partition, random.Next(2) == 0, (short)random.Next(1, 9))); break;
                case 5:
                    steps.Add(
                        new Call(
                            new Route.Group(group), ApiKey.OffsetDelete, 0,
                            side => new OffsetDeleteRequest { GroupId = Named(side, group), Topics = [new() { Name = side.Name(topic), Partitions = [partition] }] }));
                    break;
                default:
                    steps.Add(random.Next(2) == 0
                        ? new Call(new Route.Group(group), ApiKey.DescribeGroups, (short)random.Next(6), side => new DescribeGroupsRequest { Groups = [Named(side, group)] })
                        : new Call(new Route.Group(group), ApiKey.DeleteGroups, (short)random.Next(3), side => new DeleteGroupsRequest { Groups = [Named(side, group)] }));
                    break;
            }
        }

        foreach (var group in (string[])["group", "other"])
        {
            steps.Add(new Call(new Route.Group(group), ApiKey.OffsetFetch, 8, side => new OffsetFetchRequest { Groups = [new() { GroupId = side.Name(group) }] }));
        }

        return new Script("offsets", seed, [new("plain", 2)], steps);
    }

    public static Call Fetch(string group, string topic, int partition, bool requireStable, short version) =>
        new(new Route.Group(group), ApiKey.OffsetFetch, version, side => Requests.OffsetFetch(Named(side, group), side.Name(topic), partition, requireStable));

    public static string Named(Side side, string group) => group.Length == 0 ? group : side.Name(group);
}
