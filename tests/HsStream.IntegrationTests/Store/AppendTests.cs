using HsStream.Domain.Classification;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Store.Writing;
using HsStream.UnitTests.Ledger;
using Xunit;
using static HsStream.IntegrationTests.Postgres.PostgresHarness;

namespace HsStream.IntegrationTests.Store;

/// <summary>Are facts and offsets recorded together, once, and so that Marten reads them?</summary>
public sealed class AppendTests(StorePostgres postgres)
{
    [Fact]
    public async Task Facts_are_recorded_with_their_offsets_and_read_back_by_Marten()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        var receipt = await ledger.AppendAsync(
            new Fact.Described(TestFacts.Description("d-1")), new Fact.Predicted(TestFacts.Prediction("d-1")), new Fact.Corrected(TestFacts.Correction("d-1", "c-1")));

        Assert.Equal(
            [new FactOutcome.Recorded(1, false), new FactOutcome.Recorded(2, false), new FactOutcome.Recorded(3, false)], receipt.Outcomes);
        Assert.Equal((3, 3L, 1L), (receipt.Events, receipt.LastSequence, receipt.Seal.Number));
        var offsets = await ledger.Store.Offsets.LoadAsync([(Topics.Descriptions, 0), (Topics.Predictions, 0), (Topics.Predictions, 1)], Stop);
        Assert.Equal((1, 1, 0), (offsets[(Topics.Descriptions, 0)], offsets[(Topics.Predictions, 0)], offsets[(Topics.Predictions, 1)]));

        await using var session = ledger.Store.Marten.QuerySession();
        var events = await session.Events.FetchStreamAsync("goods/d-1", token: Stop);
        var described = Assert.IsType<ClassificationEvent.GoodsDescribed>(events[0].Data);
        Assert.Equal("USED RICE COOKER", described.Goods!.Text);
        Assert.Equal("Ümlaut", described.Goods.Attributes["brand"]);
        var predicted = Assert.IsType<ClassificationEvent.CodePredicted>(events[1].Data).Prediction;
        Assert.Equal(Json(TestFacts.Prediction("d-1")), Json(predicted));
        Assert.Equal(1.5e-5f, predicted.Subheadings[4].Probability);
        Assert.Equal(TestFacts.Correction("d-1", "c-1"), Assert.IsType<ClassificationEvent.LabelCorrected>(events[2].Data).Correction);
        Assert.Equal(3, (await session.Events.FetchStreamStateAsync("goods/d-1", token: Stop))!.Version);
    }

    private static string Json(Prediction prediction) => System.Text.Json.JsonSerializer.Serialize(prediction, HsStream.Store.Events.LedgerJson.Options);
}
