using System.Text.Json.Nodes;
using HsStream.Cli;
using HsStream.Cli.Generate;
using HsStream.IntegrationTests.Broker;
using HsStream.Training.Catalogue;
using Xunit;

namespace HsStream.IntegrationTests.Cli;

public sealed class GenerateTopicTests(KafkaFixture kafka)
{
    private static readonly ProductCatalogue Catalogue = new(ProductCatalogue.Parse("two lines", new StringReader("871200\tbicycle|road bike\n851660\trice cooker|hot plate\n")));

    public static TheoryData<string> Targets => KafkaFixture.Targets;

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Lines_arrive_once_and_in_order_as_json_with_their_id_as_key(string target)
    {
        await using var scope = await kafka.OpenAsync(target);
        var topic = await scope.CreateTopicAsync();
        var lines = new ShipmentGenerator(Catalogue, new GeneratorOptions { LabelNoise = 0.1 }).Generate(5000).ToList();
        using var errors = new StringWriter();
        await TopicWriter.SendAsync(lines, topic, scope.Bootstrap, TimeSpan.Zero, TopicWriter.Patience, TimeProvider.System, errors, scope.Token);
        Assert.Contains($"published 5000 lines to {topic}", errors.ToString(), StringComparison.Ordinal);

        var records = scope.ReadAll(topic);
        Assert.Equal(lines.Select(l => l.Id), records.Select(r => r.Message.Key));
        Assert.Equal(lines[7].Time.ToUnixTimeMilliseconds(), records[7].Message.Timestamp.UnixTimestampMs);
        var values = records.Select(r => JsonNode.Parse(r.Message.Value!)!).ToList();
        Assert.Equal(
            lines.Select(l => (l.Id, l.Shipper, l.Description, l.Label.ToString(), l.Code.ToString())),
            values.Select(v => ((string)v["id"]!, (string)v["shipper"]!, (string)v["description"]!, (string)v["hs6"]!, (string)v["true_hs6"]!)));
    }

    [Fact]
    public async Task A_broker_that_does_not_answer_is_an_error_with_what_was_acknowledged()
    {
        var lines = new ShipmentGenerator(Catalogue, new GeneratorOptions()).Generate(10);
        using var errors = new StringWriter();
        // Port 1 of this machine: nobody listens there.
        var failure = await Assert.ThrowsAsync<OperatorException>(() => TopicWriter.SendAsync(
            lines, "goods", "127.0.0.1:1", TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeProvider.System, errors, TestContext.Current.CancellationToken));
        Assert.StartsWith("0 of 10 lines were acknowledged by 127.0.0.1:1, topic goods: ", failure.Message, StringComparison.Ordinal);
    }
}
