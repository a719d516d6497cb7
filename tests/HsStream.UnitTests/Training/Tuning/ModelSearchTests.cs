using System.Text;
using HsStream.Training.Fitting;
using HsStream.Training.Networks;
using HsStream.Training.Tuning;
using Xunit;

namespace HsStream.UnitTests.Training.Tuning;

public sealed class ModelSearchTests
{
    private static readonly NetworkDefinition Network = new() { Channels = [new NgramChannelDefinition { Width = 16 }] };
    private static readonly TrainingOptions Training = new() { Epochs = 4, BatchSize = 32, Threads = 1, Schedule = new() { WarmupSteps = 5 } };

    [Fact]
    public void A_search_finds_settings_that_train_better_than_most_it_has_tried()
    {
        var space = SearchSpaceFile.Parse("""
            {
              "training.optimizer.table_rate": { "least": 0.0001, "most": 1, "log": true },
              "training.schedule.shape": { "kind": "choice", "choices": ["Linear", "Constant"] },
              "network.channels[0].width": { "kind": "integer", "least": 2, "most": 32, "log": true }
            }
            """u8);
        var search = Search();
        var stages = new List<int>();
        var trials = new Tuner(new BayesianSearch(space, 1) { RandomTrials = 4 }, 1, new TuningBudget(12, null), TimeProvider.System).Run(
            (point, isWorthGoingOn) => search.Evaluate(
                point, (stage, value) =>
                {
                    stages.Add(stage);
                    return isWorthGoingOn(stage, value);
                }, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        Assert.Equal(12, trials.Count);
        Assert.Contains(trials, trial => trial.Stopped && trial.Stages.Count < 4);
        Assert.True(trials.Max(t => t.Value) > trials.Select(t => t.Value).Order().ElementAt(6) + 0.1);
        Assert.Equal(3, stages.Max());
    }

    [Fact]
    public void A_point_changes_the_settings_it_names_and_no_others()
    {
        var (network, training) = Search().SettingsAt(new SearchPoint(new Dictionary<string, SearchValue>
        {
            ["network.channels[0].width"] = SearchValue.Of(24),
            ["training.loss.headings"] = SearchValue.Of(1),
            ["training.optimizer.dense"] = SearchValue.Of("Adagrad"),
        }));
        Assert.Equal(24, Assert.IsType<NgramChannelDefinition>(network.Channels[0]).Width);
        Assert.Equal(Network.Head, network.Head);
        Assert.Equal(Training with { Loss = Training.Loss with { Headings = 1 }, Optimizer = Training.Optimizer with { Dense = DenseOptimizerKind.Adagrad } }, training);
    }

    [Theory]
    [InlineData("network.channels[1].width", "channels[1].width")]
    [InlineData("training.optimiser.table_rate", "training.optimiser")]
    [InlineData("network.head.dropout", "head.dropout must be 0 to 0.9")]
    [InlineData("network head", "network head")]
    public void A_name_or_value_that_the_settings_do_not_have_is_refused(string name, string expected)
    {
        var e = Assert.Throws<HyperParameterException>(() => Search().SettingsAt(new SearchPoint(new Dictionary<string, SearchValue> { [name] = SearchValue.Of(7) })));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "cannot be read")]
    [InlineData("{\"a\":{\"kind\":\"sorcery\"}}", "a.kind must be continuous, integer or choice")]
    [InlineData("{\"a\":{\"least\":2,\"most\":1}}", "a must be a range")]
    [InlineData("{}", "at least one")]
    public void A_space_that_cannot_be_searched_is_refused(string json, string expected)
    {
        var e = Assert.Throws<HyperParameterException>(() => SearchSpaceFile.Parse(Encoding.UTF8.GetBytes(json)));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_space_fits_every_architecture() => Assert.All(Architectures.Names, name =>
    {
        var network = Architectures.Get(name);
        var space = ModelSearch.DefaultSpace(network);
        var random = SeededRandom.For(1);
        var search = new ModelSearch(network, Training, TinyGoods.Inputs, TinyGoods.Labels, TinyGoods.Data(1, 1), TinyGoods.Data(1, 2), 1, TimeProvider.System);
        for (var i = 0; i < 20; i++) { search.SettingsAt(space.FromUnit(space.Random(ref random))); }
    });

    private static ModelSearch Search() =>
        new(Network, Training, TinyGoods.Inputs, TinyGoods.Labels, TinyGoods.Data(300, 7), TinyGoods.Data(150, 8), 1, TimeProvider.System);
}
