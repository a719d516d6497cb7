using HsStream.Domain.Classification;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;
using HsStream.Store;
using HsStream.Store.Reading;
using HsStream.Store.Verification;
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

    [Fact]
    public async Task A_repeated_fact_records_nothing_and_its_offset_moves_under_a_seal()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        await ledger.AppendAsync(new Fact.Described(TestFacts.Description("d-1")), new Fact.Predicted(TestFacts.Prediction("d-1")));
        foreach (var store in (LedgerStore[])[ledger.Store, ledger.OpenAnother()])
        {
            // The second store has no states in memory: it must read them.
            var receipt = await store.Writer.AppendAsync(ledger.NextBatch(new Fact.Described(TestFacts.Description("d-1")), new Fact.Predicted(TestFacts.Prediction("d-1"))), Stop);
            Assert.Equal([new FactOutcome.Repeated(), new FactOutcome.Repeated()], receipt.Outcomes);
            Assert.Equal((0, 2), (receipt.Events, receipt.LastSequence));
        }

        Assert.Equal(3, (await ledger.Store.Offsets.LoadAllAsync(Stop))[(Topics.Predictions, 0)]);
        Assert.Empty((await ledger.Store.Verifier.VerifyAsync(new VerifyOptions(), null, Stop)).Findings);
    }

    [Fact]
    public async Task A_prediction_before_its_description_and_one_that_contradicts_are_both_kept()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        var receipt = await ledger.AppendAsync(
            new Fact.Predicted(TestFacts.Prediction("d-1")), new Fact.Predicted(TestFacts.Prediction("d-1", probability: 0.4f)), new Fact.Described(TestFacts.Description("d-1")));
        Assert.Equal([new FactOutcome.Recorded(1, false), new FactOutcome.Recorded(2, true), new FactOutcome.Recorded(3, false)], receipt.Outcomes);
        var timeline = (await ledger.Store.Queries.DecisionAsync("d-1", Stop))!;
        Assert.Equal(0.8321f, Assert.Single(timeline.Predictions).Confidence.Subheading);
        Assert.Equal(["code_predicted.v1", "prediction_conflicted.v1", "goods_described.v1"], timeline.Events.Select(e => e.Type));
        Assert.Equal(1, (await ledger.Store.Projections.DecisionPageAsync("d-1", Stop))!.Conflicts);
    }

    [Fact]
    public async Task What_cannot_be_recorded_is_noted_by_position_and_stops_nothing()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        var receipt = await ledger.AppendAsync(
            new Fact.Corrected(TestFacts.Correction("d-1", "c-1") with { Code = HsCode.Parse("999999") }),
            new Fact.Described(TestFacts.Description("nul\0")), new Fact.Described(TestFacts.Description(new string('x', 5000))),
            new Fact.Unreadable("sha256:00", 3, DeadLetterReasons.NotFramed, "Expected 5 bytes or more, got 3."),
            new Fact.Described(TestFacts.Description("d-\u2603\U0001F600", "TEXT \0 \uD800 \u001b \U0001F600 \u2028 \"\\")));
        Assert.Equal(3, receipt.Outcomes.OfType<FactOutcome.Rejected>().Count());
        var text = (await ledger.Store.Queries.DecisionAsync("d-\u2603\U0001F600", Stop))!.Texts.Single().Goods!.Text;
        Assert.Equal("TEXT \0 \uD800 \u001b \U0001F600 \u2028 \"\\", text);
        Assert.Equal(3L, await ledger.SqlAsync("select count(*) from ledger.mt_events where type = 'record_refused.v1'"));
        Assert.Equal("goods/d-1", await ledger.SqlAsync("select data ->> 'stream' from ledger.mt_events where seq_id = 1"));
        Assert.Equal(1L, await ledger.SqlAsync("select count(*) from ledger.mt_events where stream_id = 'dead-letter/hs.descriptions/0/2' and type = 'record_unreadable.v1'"));
        Assert.Empty((await ledger.Store.Verifier.VerifyAsync(new VerifyOptions(), null, Stop)).Findings);
    }

    [Fact]
    public async Task Of_two_writers_on_one_partition_one_loses_and_nothing_is_doubled()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        await using var other = ledger.OpenAnother();
        var batch = ledger.NextBatch(new Fact.Described(TestFacts.Description("d-1")), new Fact.Described(TestFacts.Description("d-2")));
        var attempts = await Task.WhenAll(((LedgerStore[])[ledger.Store, other]).Select(async store =>
        {
            try
            {
                await store.Writer.AppendAsync(batch, Stop);
                return null;
            }
            catch (OffsetConflictException e)
            {
                return e;
            }
        }));
        Assert.Equal(2, Assert.Single(attempts, a => a is not null)!.Stored[(Topics.Descriptions, 0)]);
        Assert.Equal(2L, await ledger.SqlAsync("select count(*) from ledger.mt_events"));

        // The loser's memory of streams is out of date and must not be used.
        await other.Writer.AppendAsync(ledger.NextBatch(new Fact.Described(TestFacts.Description("d-1")), new Fact.Described(TestFacts.Description("d-3"))), Stop);
        Assert.Equal(3L, await ledger.SqlAsync("select count(*) from ledger.mt_events"));
        Assert.Empty((await ledger.Store.Verifier.VerifyAsync(new VerifyOptions(), null, Stop)).Findings);
    }

    [Fact]
    public async Task A_second_champion_retires_the_first_in_one_transaction_and_a_rollback_brings_it_back()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        var (models, queries) = (ledger.Store.Models, ledger.Store.Queries);
        await models.RegisterAsync(TestFacts.Facts(TestFacts.ModelA), TestFacts.Mandate, Stop);
        await models.RegisterAsync(TestFacts.Facts(TestFacts.ModelB), TestFacts.Mandate, Stop);
        Assert.True(await models.PromoteAsync(TestFacts.ModelA, TestFacts.Mandate, Stop));
        Assert.False(await models.PromoteAsync(TestFacts.ModelA, TestFacts.Mandate, Stop));
        var first = ledger.Clock.GetUtcNow();
        ledger.Clock.Advance(TimeSpan.FromHours(1));
        await models.PromoteAsync(TestFacts.ModelB, TestFacts.Mandate with { Actor = "bo" }, Stop);
        Assert.Equal(2, await ledger.SqlAsync("select event_count from ledger.ledger_seals order by number desc limit 1"));
        await Assert.ThrowsAsync<CommandRejectedException>(() => models.PromoteAsync(TestFacts.ModelA, TestFacts.Mandate, Stop));
        ledger.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TestFacts.ModelA, await models.RollBackAsync(TestFacts.Mandate, Stop));

        Assert.Equal(TestFacts.ModelA, (await queries.WhoServedAtAsync(first.AddMinutes(59), Stop))!.Version);
        Assert.Equal((TestFacts.ModelB, "bo"), ((await queries.WhoServedAtAsync(first.AddMinutes(61), Stop))!.Version, (await queries.WhoServedAtAsync(first.AddMinutes(61), Stop))!.Actor));
        Assert.Equal(TestFacts.ModelA, (await queries.WhoServedAtAsync(first.AddHours(9), Stop))!.Version);
        Assert.Null(await queries.WhoServedAtAsync(first.AddSeconds(-1), Stop));

        var changes = await queries.ModelChangesAfterAsync(0, 100, Stop);
        Assert.Equal(
            [ModelStage.Candidate, ModelStage.Candidate, ModelStage.Champion, ModelStage.Retired, ModelStage.Champion, ModelStage.Retired, ModelStage.Champion],
            changes.Select(c => c.Model!.Stage));
        await ledger.Store.Checkpoints.SaveAsync("models", changes[3].Sequence, Stop);
        await ledger.Store.Checkpoints.SaveAsync("models", 1, Stop);
        Assert.Equal(3, (await queries.ModelChangesAfterAsync(await ledger.Store.Checkpoints.LoadAsync("models", Stop), 100, Stop)).Count);
    }

    [Fact]
    public async Task Past_predictions_come_in_order_with_their_texts_as_known_then()
    {
        await using var ledger = await LedgerScope.CreateAsync(postgres);
        await ledger.AppendAsync(new Fact.Described(TestFacts.Description("d-1")), new Fact.Corrected(TestFacts.Correction("d-1", "c-1")), new Fact.Predicted(TestFacts.Prediction("d-1")));
        ledger.Clock.Advance(TimeSpan.FromHours(1));
        var later = ledger.Clock.GetUtcNow();
        await ledger.AppendAsync(
            new Fact.Corrected(TestFacts.Correction("d-1", "c-2")), new Fact.Described(TestFacts.Description("d-2")), new Fact.Predicted(TestFacts.Prediction("d-2")),
            new Fact.ShadowPredicted(TestFacts.Prediction("d-2", model: TestFacts.ModelB)));

        async Task<List<LedgerPrediction>> ReadAsync(PredictionRange range)
        {
            var list = new List<LedgerPrediction>();
            await foreach (var item in ledger.Store.Queries.PredictionsAsync(range, Stop)) { list.Add(item); }
            Assert.Equal(list.Count, await ledger.Store.Queries.CountPredictionsAsync(range, Stop));
            return list;
        }

        var all = await ReadAsync(new PredictionRange());
        Assert.Equal(["d-1", "d-2"], all.Select(p => p.Prediction.DescriptionId));
        Assert.Equal(("USED RICE COOKER", "wms-7", 2), (all[0].Goods!.Text, all[0].Prediction.Source, all[0].Corrections.Count));
        Assert.Equal("c-1", Assert.Single((await ReadAsync(new PredictionRange { AsKnownThen = true }))[0].Corrections).CorrectionId);
        Assert.Equal("d-2", Assert.Single(await ReadAsync(new PredictionRange { From = later })).Prediction.DescriptionId);
        Assert.Equal("d-1", Assert.Single(await ReadAsync(new PredictionRange { To = later })).Prediction.DescriptionId);
        Assert.Equal("d-2", Assert.Single(await ReadAsync(new PredictionRange { FromSequence = all[0].Sequence + 1 })).Prediction.DescriptionId);
        Assert.Equal(TestFacts.ModelB, Assert.Single(await ReadAsync(new PredictionRange { IsShadow = true })).Prediction.ModelVersion);
        Assert.Empty(await ReadAsync(new PredictionRange { ModelVersion = TestFacts.ModelB }));
    }

    [Fact]
    public async Task Concurrent_starts_make_one_ledger_and_another_layout_is_refused()
    {
        var database = await postgres.NewDatabaseAsync();
        await using var first = LedgerScope.Open(database, TimeProvider.System, Prometheus.Metrics.NewCustomRegistry());
        await using var second = LedgerScope.Open(database, TimeProvider.System, Prometheus.Metrics.NewCustomRegistry());
        Assert.False(await first.Schema.ExistsAsync(Stop));
        await Task.WhenAll(first.Schema.EnsureAsync(Stop), second.Schema.EnsureAsync(Stop));
        Assert.True(await first.Schema.ExistsAsync(Stop));
        await first.Schema.EnsureAsync(Stop);

        await using var ledger = LedgerScope.Open(database);
        await ledger.SqlAsync("alter table ledger.mt_events add column extra int");
        var refusal = await Assert.ThrowsAsync<LedgerLayoutException>(() => second.Schema.EnsureAsync(Stop));
        Assert.Contains("mt_events.extra integer", refusal.Message, StringComparison.Ordinal);
    }

    private static string Json(Prediction prediction) => System.Text.Json.JsonSerializer.Serialize(prediction, HsStream.Store.Events.LedgerJson.Options);
}
