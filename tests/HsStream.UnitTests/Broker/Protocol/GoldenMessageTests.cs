using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Protocol;

public sealed class GoldenMessageTests
{
    /// <summary>Kafka's field name to ours, where they differ by more than a common ending.</summary>
    private static readonly Dictionary<string, string> OurNames = new(StringComparer.Ordinal)
    {
        ["Topic"] = "Name",
        ["ReplicaNodes"] = "Replicas",
        ["IsrNodes"] = "Isr",
        ["OfflineReplicas"] = "Offline",
        ["PartitionIndexes"] = "Partitions",
        ["PartitionIndex"] = "Partitions",
        ["Assignment"] = "Bytes",
        ["ProtocolData"] = "ProtocolName",
        ["BrokerIds"] = "Brokers",
        ["TopicNames"] = "Name",
        ["PartitionErrorCode"] = "Error",
        ["IncludeClusterAuthorizedOperations"] = "IncludeAuthorizedOperations",
        ["BrokerId"] = "NodeId",
        ["DurationFilter"] = "DurationFilterMs",
    };

    public static TheoryData<short, bool> Messages()
    {
        var data = new TheoryData<short, bool>();
        foreach (var api in ApiTable.All)
        {
            data.Add((short)api.Key, true);
            data.Add((short)api.Key, false);
        }

        return data;
    }

    [Theory, MemberData(nameof(Messages))]
    public void Bytes_laid_out_by_Kafkas_schema_are_read_and_written_again_exactly(short key, bool isRequest)
    {
        foreach (var (golden, version) in Each(key, isRequest).Where(one => one.Golden.Variant != "tagged"))
        {
            var message = golden.Read(version);
            Assert.True(golden.Body.AsSpan().SequenceEqual(MessageBody.Write(message, golden.Api, version)), $"{golden}: written differently as version {version}");
        }
    }

    [Theory, MemberData(nameof(Messages))]
    public void Every_value_lands_in_the_field_of_its_name(short key, bool isRequest)
    {
        foreach (var (golden, version) in Each(key, isRequest).Where(one => one.Golden.Variant == "full"))
        {
            var read = MessageBody.Leaves(golden.Read(version)).ToHashSet();
            foreach (var (name, value) in golden.Values)
            {
                Assert.True(
                    read.Any(leaf => leaf.Value == value && IsSame(leaf.Name, name)),
                    $"{golden}, version {version}: {name}={value} is not among {string.Join(", ", read.Where(leaf => leaf.Value == value || IsSame(leaf.Name, name)))}");
            }
        }
    }

    [Theory, MemberData(nameof(Messages))]
    public void Unknown_tagged_fields_are_skipped_in_every_structure(short key, bool isRequest)
    {
        foreach (var (golden, version) in Each(key, isRequest).Where(one => one.Golden.Variant == "tagged"))
        {
            var plain = Each(key, isRequest).Single(other => other.Version == version && other.Golden.Variant == "full").Golden;
            Assert.Equal(MessageBody.Leaves(plain.Read(version)), MessageBody.Leaves(golden.Read(version)));
        }
    }

    [Theory, MemberData(nameof(Messages))]
    public void Every_shorter_body_is_refused(short key, bool isRequest)
    {
        foreach (var (golden, version) in Each(key, isRequest))
        {
            for (var length = 0; length < golden.Body.Length; length++)
            {
                Assert.Throws<ProtocolException>(() => golden.Read(version, golden.Body.AsMemory(0, length)));
            }
        }
    }

    [Theory, MemberData(nameof(Messages))]
    public void Every_longer_body_is_refused(short key, bool isRequest)
    {
        foreach (var (golden, version) in Each(key, isRequest))
        {
            Assert.Throws<ProtocolException>(() => golden.Read(version, (byte[])[.. golden.Body, 0]));
        }
    }

    [Fact]
    public void Each_api_has_a_golden_body_for_every_served_version()
    {
        foreach (var api in ApiTable.All)
        {
            foreach (var isRequest in (bool[])[true, false])
            {
                var versions = Each((short)api.Key, isRequest).Where(one => one.Golden.Variant == "full").Select(one => (int)one.Version);
                Assert.Equal(Enumerable.Range(api.MinServed, api.MaxVersion - api.MinServed + 1), versions.Order());
            }
        }
    }

    [Fact]
    public void Versions_and_flexible_versions_are_those_of_Kafkas_schemas()
    {
        var kafka = GoldenMessages.Versions().ToDictionary(api => api.Key);
        foreach (var api in ApiTable.All)
        {
            var (_, name, first, last, flexible) = kafka[(short)api.Key];
            Assert.Equal(name, api.Key.ToString());
            Assert.InRange(api.MinAdvertised, first, api.MinServed);
            Assert.InRange(api.MaxVersion, api.MinServed, last);
            Assert.Equal(flexible, api.FirstFlexible);
        }
    }

    private static IEnumerable<(GoldenMessage Golden, short Version)> Each(short key, bool isRequest) =>
        from golden in GoldenMessages.All
        where golden.Key == key && golden.IsRequest == isRequest
        from version in Enumerable.Range(golden.First, golden.Last - golden.First + 1)
        select (golden, (short)version);

    private static bool IsSame(string ours, string kafkas) =>
        ours == OurNames.GetValueOrDefault(kafkas) || kafkas.EndsWith(ours, StringComparison.OrdinalIgnoreCase) || kafkas.StartsWith(ours, StringComparison.Ordinal);
}
