using System.CommandLine;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Cli.Broker;

/// <summary><c>hsstream broker groups</c>: groups with their members, committed offsets and lag.</summary>
internal static class GroupsVerb
{
    private const long LatestOffset = -1;

    public static Command Describe()
    {
        var names = new Argument<string[]>("GROUP") { Description = "Show the members and offsets of these; else list all groups.", Arity = ArgumentArity.ZeroOrMore };
        var bootstrap = BrokerVerbs.Bootstrap();
        var json = CommonOptions.Json("One JSON object a line.");
        var verb = new Command("groups", "List consumer groups; of a named one, its members, committed offsets and lag.") { names, bootstrap, json };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var broker = await BrokerConnection.OpenAsync(parsed.GetValue(bootstrap)!, cancellationToken);
            var (output, isJson) = (parsed.InvocationConfiguration.Output, parsed.GetValue(json));
            var asked = parsed.GetValue(names)!;
            if (asked.Length == 0)
            {
                await ListAsync(broker, output, isJson, cancellationToken);
            }

            foreach (var group in asked) { await ShowAsync(broker, group, output, isJson, cancellationToken); }
            return 0;
        });
        return verb;
    }

    private static async Task ListAsync(BrokerConnection broker, TextWriter output, bool isJson, CancellationToken cancellationToken)
    {
        var listed = await broker.AskAsync<ListGroupsResponse>(ApiKey.ListGroups, 4, new ListGroupsRequest(), cancellationToken);
        Require(listed.Error, "ListGroups");
        var listing = new Listing("group", "state", "protocol", "members", "partitions", "lag");
        foreach (var group in listed.Groups.Select(g => g.GroupId).Order(StringComparer.Ordinal))
        {
            var described = await DescribeAsync(broker, group, cancellationToken);
            var offsets = await OffsetsAsync(broker, described, cancellationToken);
            listing.Add(group, described.State, described.ProtocolName, described.Members.Count, offsets.Count, offsets.Sum(o => o.Lag));
        }

        await listing.WriteAsync(output, isJson);
    }

    private static async Task ShowAsync(BrokerConnection broker, string group, TextWriter output, bool isJson, CancellationToken cancellationToken)
    {
        var described = await DescribeAsync(broker, group, cancellationToken);
        var offsets = await OffsetsAsync(broker, described, cancellationToken);
        if (described.State == "Dead" && offsets.Count == 0) { throw new OperatorException($"the broker knows no group '{group}'"); }
        var members = new Listing("group", "state", "protocol", "member", "instance", "client", "host");
        foreach (var member in described.Members)
        {
            members.Add(group, described.State, described.ProtocolName, member.MemberId, member.GroupInstanceId, member.ClientId, member.ClientHost);
        }

        if (members.Count == 0) { members.Add(group, described.State, described.ProtocolName, null, null, null, null); }
        await members.WriteAsync(output, isJson);
        var listing = new Listing("group", "topic", "partition", "committed", "end", "lag", "member");
        foreach (var o in offsets) { listing.Add(group, o.Topic, o.Partition, o.Committed, o.End, o.Lag, o.Member); }
        await listing.WriteAsync(output, isJson);
    }

    private static async Task<DescribeGroupsResponse.Group> DescribeAsync(BrokerConnection broker, string group, CancellationToken cancellationToken)
    {
        var described = await broker.AskAsync<DescribeGroupsResponse>(
            ApiKey.DescribeGroups, 4, new DescribeGroupsRequest { Groups = [group] }, cancellationToken);
        var found = described.Groups.Single();
        Require(found.Error, "DescribeGroups");
        return found;
    }

    private sealed record PartitionOffset(string Topic, int Partition, long Committed, long? End, string? Member)
    {
        public long? Lag => End is { } end && Committed >= 0 ? Math.Max(0, end - Committed) : null;
    }

    /// <summary>What the group committed, each with the end of its partition and who reads it now.</summary>
    private static async Task<List<PartitionOffset>> OffsetsAsync(
        BrokerConnection broker, DescribeGroupsResponse.Group group, CancellationToken cancellationToken)
    {
        var request = new OffsetFetchRequest { Groups = [new OffsetFetchRequest.Group { GroupId = group.GroupId, Topics = null }] };
        var fetched = (await broker.AskAsync<OffsetFetchResponse>(ApiKey.OffsetFetch, 7, request, cancellationToken)).Groups.Single();
        Require(fetched.Error, "OffsetFetch");
        var committed = fetched.Topics
            .SelectMany(t => t.Partitions.Select(p => (Topic: t.Name, p.Partition, p.Offset)))
            .OrderBy(o => o.Topic, StringComparer.Ordinal).ThenBy(o => o.Partition)
            .ToList();
        if (committed.Count == 0) { return []; }

        var ends = await EndsAsync(broker, committed.Select(o => (o.Topic, o.Partition)), cancellationToken);
        var readers = group.Members
            .SelectMany(m => Assignment(m.Assignment).Select(a => (a, m.MemberId)))
            .ToLookup(x => x.a, x => x.MemberId);
        return [.. committed.Select(o => new PartitionOffset(
            o.Topic, o.Partition, o.Offset,
            ends.TryGetValue((o.Topic, o.Partition), out var end) ? end : null,
            readers[(o.Topic, o.Partition)].FirstOrDefault()))];
    }

    private static async Task<Dictionary<(string, int), long>> EndsAsync(
        BrokerConnection broker, IEnumerable<(string Topic, int Partition)> partitions, CancellationToken cancellationToken)
    {
        var request = new ListOffsetsRequest
        {
            Topics = [.. partitions.GroupBy(p => p.Topic).Select(topic => new ListOffsetsRequest.TopicData
            {
                Name = topic.Key,
                Partitions = [.. topic.Select(p => new ListOffsetsRequest.PartitionData { Partition = p.Partition, Timestamp = LatestOffset })],
            })],
        };
        var answer = await broker.AskAsync<ListOffsetsResponse>(ApiKey.ListOffsets, 5, request, cancellationToken);
        return answer.Topics
            .SelectMany(t => t.Partitions.Where(p => p.Error == ErrorCode.None).Select(p => (Key: (t.Name, p.Partition), p.Offset)))
            .ToDictionary(p => p.Key, p => p.Offset);
    }

    /// <summary>Partitions in a consumer's assignment: a version, then topics with their partitions (Kafka's ConsumerProtocolAssignment).</summary>
    private static List<(string Topic, int Partition)> Assignment(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length == 0) { return []; }
        try
        {
            var reader = new WireReader(bytes.ToArray());
            reader.Begin(0, flexible: false);
            short version = 0;
            reader.Int16(ref version);
            List<AddPartitionsToTxnRequest.TopicData> topics = [];
            reader.Array(ref topics);
            return [.. topics.SelectMany(t => t.Partitions.Select(p => (t.Name, p)))];
        }
        catch (ProtocolException)
        {
            return [];      // another protocol type than consumer; its bytes are its own
        }
    }

    private static void Require(ErrorCode error, string request)
    {
        if (error != ErrorCode.None) { throw new OperatorException($"the broker answered {request} with error {error}"); }
    }
}
