using HsStream.Chaos.Pipeline.Checking;
using HsStream.Chaos.Pipeline.Load;
using HsStream.Domain.Messages;
using HsStream.Training.Catalogue;
using Xunit;

namespace HsStream.IntegrationTests.Pipeline;

/// <summary>On the CPU a text has one answer: the neighbours in its batch, the batch's size and the worker leave no trace in any bit.</summary>
[Collection(PipelineGroup.Name)]
public sealed class SameBitsTests
{
    private const int Texts = 60;
    private const int Records = 3_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_text_at_any_place_in_any_batch_of_any_worker_gives_the_same_bits()
    {
        await using var scope = await PipelineScope.StartAsync(scorers: 2, ledgers: 1);
        using var registry = new AvroRecords(scope.Rig.RegistryUrl);
        var encoding = await DescriptionEncoding.RegisterAsync(registry, Topics.Descriptions, Token);
        var random = new Random(41);
        var generator = new ShipmentGenerator(ProductCatalogue.Shipped, new GeneratorOptions { Seed = 41 });
        // From one word to far beyond the widest bucket of tokens, so that paddings differ.
        string[] texts = [.. Enumerable.Range(0, Texts).Select(n => string.Join(' ', generator.Generate(n % 6 == 5 ? 12 : 1).Select(line => line.Description)))];
        var records = Enumerable.Range(0, Records).Select(n => $"same-{n}").Select(id => new LoadRecord(id, encoding.Encode(id, texts[random.Next(Texts)], null), null)).ToList();

        scope.Rig.StartRoles();
        // A backlog makes full batches; what trickles in makes small ones.
        await scope.PublishAsync(records.Take(Records / 2));
        using (var producer = new DescriptionProducer(scope.Rig.Bootstrap, Topics.Descriptions))
        {
            await producer.SendAsync(records.Skip(Records / 2), perSecond: 400, Token);
        }

        await scope.DrainAsync();
        var facts = await scope.InspectAsync();
        var byText = facts.Predictions.GroupBy(p => p.Text).ToList();
        Assert.Equal(texts.Distinct().Count(), byText.Count);
        Assert.All(byText, text => Assert.Single(text.Select(p => (p.Probabilities, p.Decision)).Distinct()));
        Assert.True(byText.Select(text => text.First().Probabilities).Distinct().Count() > Texts / 2, "different texts have different bits");
    }
}
