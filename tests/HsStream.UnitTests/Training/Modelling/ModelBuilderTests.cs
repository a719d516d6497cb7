using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Onnx;
using HsStream.Training.Export;
using HsStream.Training.Fitting;
using HsStream.Training.Modelling;
using HsStream.Training.Networks;
using HsStream.UnitTests.Training.Catalogue;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HsStream.UnitTests.Training.Modelling;

public sealed class ModelBuilderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hsstream-modelling-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private BundleStore Store => new(Path.Combine(_folder.FullName, "models"));

    private string Work => Path.Combine(_folder.FullName, "work");

    [Fact]
    public void A_model_knows_the_goods_that_it_was_trained_on()
    {
        var rows = SmallGoods.Rows(600);

        var built = Build(rows);

        using var model = HsModel.Load(Store.Open(built.Manifest.ModelVersion), new ScoringOptions());
        using var scorer = model.CreateScorer();
        var predictions = scorer.Score([.. rows.Select(row => row.Text)]);
        var right = predictions.Zip(rows).Count(pair => pair.First.Code == pair.Second.Code);
        Assert.True(right > 0.9 * rows.Count, $"{right} of {rows.Count} texts got their code.");
        Assert.True(built.HeldOut.Subheadings > 0.4, $"{built.HeldOut.Subheadings:0.00} of the texts that the first run had not seen.");
        Assert.Equal(model.Calibration.Rows, built.Manifest.Split.CalibrationRows);
        Assert.NotEmpty(model.Precedents!.Nearest(Embedding(scorer, rows[0].Text), 1));
    }

    [Fact]
    public void The_manifest_says_what_the_model_was_made_of()
    {
        var manifest = Build(SmallGoods.Rows(200)).Manifest;

        Assert.Equal(("made up", 196L, "HS2022", 7L), (manifest.Dataset.Source, manifest.Dataset.Rows, manifest.NomenclatureEdition, manifest.Seed));
        Assert.StartsWith("sha256:", manifest.Dataset.Hash, StringComparison.Ordinal);
        Assert.Contains("\"width\":16", manifest.HyperParameters["network"], StringComparison.Ordinal);
        Assert.Contains("held_out_hs6_top1", manifest.Metrics.Keys);
    }

    [Fact]
    public void The_held_out_figures_are_of_texts_that_the_first_runs_had_not_seen()
    {
        // Every text has words of its own and a code by chance: who has seen it knows its code, who has not can only guess.
        HsCode[] codes = [.. SmallGoods.Rows(200).Select(row => row.Code).Distinct().Take(4)];
        var rows = Enumerable.Range(0, 300).Select(i => ($"word{Letters(i)} thing{Letters(i + 500)}", codes[(int)(((uint)i * 2654435761u) >> 21) % 4])).ToList();

        var built = Build(rows);

        using var model = HsModel.Load(Store.Open(built.Manifest.ModelVersion), new ScoringOptions());
        using var scorer = model.CreateScorer();
        Assert.True(rows.Count(row => scorer.Score(row.Item1).Code == row.Item2) > 0.8 * rows.Count, "The model does not know what it was trained on.");
        Assert.True(built.HeldOut.Subheadings < 0.6, $"{built.HeldOut.Subheadings:0.00} of what cannot be known was right.");
        Assert.Equal(Math.Round(built.HeldOut.Subheadings, 4), built.Manifest.Metrics["held_out_hs6_top1"]);
        Assert.Equal(Math.Round(built.HeldOut.Headings, 4), built.Manifest.Metrics["held_out_hs4_top1"]);

        static string Letters(int number) => $"{(char)('a' + (number % 26))}{(char)('a' + (number / 26))}";
    }

    [Fact]
    public void Phrases_of_the_catalogue_teach_and_are_neither_held_out_nor_shown_as_precedents()
    {
        var rows = SmallGoods.Rows(300);
        var settings = SmallGoods.Settings with { CatalogueWeight = 0.5 };
        var own = TrainingSet.Of(rows, settings, null).Texts;
        var set = TrainingSet.Of(rows, settings, SmallCatalogue.Instance);
        Assert.True(set.Texts.Count > own.Count + 1000);

        var built = new ModelBuilder(settings, "made up", new FakeTimeProvider()).Build(set, Store, Token);

        Assert.Equal(own.Count(text => HeldOut.PartOf(TrainingSet.KeyOf(text.Text), 0.2, 2, settings.Seed) >= 0), built.Manifest.Split.CalibrationRows);
        using var model = HsModel.Load(Store.Open(built.Manifest.ModelVersion), new ScoringOptions());
        Assert.Equal(own.Select(text => text.Text).Distinct().Count(), model.Precedents!.Count);

        // The calibration is of first runs, the counts in it are of the final one: a row for every own text.
        Assert.Equal(own.Count, model.Calibration.Assessment!.LabelRows.Sum());
        Assert.Equal(set.Texts.Select(text => text.Code).Distinct().Count(), model.Labels.Count);
    }

    [Fact]
    public void Leftovers_of_a_build_of_other_rows_are_not_used()
    {
        using var stop = new CancellationTokenSource();
        var stopping = new Watch(progress =>
        {
            if (progress.Phase == ModelPhase.FinalRun && progress.Training is { Epoch: 3 }) { stop.Cancel(); }
        });
        Assert.Throws<OperationCanceledException>(() => Build(SmallGoods.Rows(200), progress: stopping, token: stop.Token));

        var other = Build(SmallGoods.Rows(250));

        Assert.Equal(
            new ModelBuilder(SmallGoods.Settings, "made up", new FakeTimeProvider()).Build(TrainingSet.Of(SmallGoods.Rows(250), SmallGoods.Settings, null), Store, Token).Manifest.ModelVersion,
            other.Manifest.ModelVersion);
    }

    [Fact]
    public void The_score_counts_headings_for_themselves_and_leaves_unknown_codes_out_of_the_loss()
    {
        HsCode[] codes = [.. ((string[])["610910", "610990", "731815"]).Select(HsCode.Parse)];
        var labels = new LabelTable(codes, NomenclatureEdition.Hs2022);
        float[] logits = [5, 0, 0, 5, 0, 0, 5, 0, 0, 5, 0, 0];

        var score = ServedModel.ScoreOf(labels, logits, [codes[0], codes[1], codes[2], HsCode.Parse("871200")]);

        Assert.Equal((0.25, 0.5), (score.Subheadings, score.Headings));
        var sum = Math.Exp(5) + 2;
        Assert.Equal((-Math.Log(Math.Exp(5) / sum) - (2 * Math.Log(1 / sum))) / 3, score.LogLoss, 1e-6);
    }

    [Fact]
    public void Equal_data_and_settings_give_the_same_model() =>
        Assert.Equal(Build(SmallGoods.Rows(200)).Manifest.ModelVersion, Build(SmallGoods.Rows(200)).Manifest.ModelVersion);

    [Fact]
    public void Another_seed_gives_another_model() =>
        Assert.NotEqual(Build(SmallGoods.Rows(200)).Manifest.ModelVersion, Build(SmallGoods.Rows(200), SmallGoods.Settings with { Seed = 8 }).Manifest.ModelVersion);

    [Theory]
    [InlineData(ModelPhase.FirstRun, 0)]
    [InlineData(ModelPhase.FirstRun, 1)]
    [InlineData(ModelPhase.FinalRun, 0)]
    public void An_interrupted_build_goes_on_and_ends_in_the_same_model(ModelPhase phase, int run)
    {
        var rows = SmallGoods.Rows(200);
        using var stop = new CancellationTokenSource();
        var stopping = new Watch(progress =>
        {
            if (progress.Phase == phase && progress.Run == run && progress.Training is { Epoch: 3 }) { stop.Cancel(); }
        });
        Assert.Throws<OperationCanceledException>(() => Build(rows, progress: stopping, token: stop.Token));
        Assert.NotEmpty(Directory.EnumerateFiles(Work));

        var steps = new List<ModelProgress>();
        var resumed = Build(rows, progress: new Watch(steps.Add));

        Assert.Equal(phase == ModelPhase.FirstRun, steps.Exists(step => step.Phase == ModelPhase.FirstRun));
        Assert.DoesNotContain(steps, step => step.Phase == ModelPhase.FirstRun && step.Run < run && step.Training is { Epoch: < 8 });
        Assert.DoesNotContain(steps, step => step.Phase == phase && step.Run == run && step.Training is { Epoch: < 3 });
        Assert.False(Directory.Exists(Work), "The work folder is still there.");
        Assert.Equal(Build(rows).Manifest.ModelVersion, resumed.Manifest.ModelVersion);
    }

    [Fact]
    public void Every_first_run_leaves_another_part_out_and_all_are_calibrated_on()
    {
        var rows = SmallGoods.Rows(400);
        var runs = new HashSet<(int, int)>();
        var built = Build(rows, SmallGoods.Settings with { CalibrationParts = 3 }, new Watch(progress =>
        {
            if (progress.Phase == ModelPhase.FirstRun) { runs.Add((progress.Run, progress.Runs)); }
        }));
        var texts = TrainingSet.Of(rows, SmallGoods.Settings, null).Texts;
        var expected = texts.Count(text => HeldOut.PartOf(TrainingSet.KeyOf(text.Text), 0.2, 3, SmallGoods.Settings.Seed) >= 0);

        Assert.Equal([(0, 3), (1, 3), (2, 3)], runs.Order());
        Assert.Equal(expected, built.Manifest.Split.CalibrationRows);
        Assert.InRange(expected, 0.45 * texts.Count, 0.75 * texts.Count);
        using var model = HsModel.Load(BundleReader.Read(built.Directory), new ScoringOptions());
        Assert.Equal(expected, model.Calibration.Rows);
    }

    [Fact]
    public void A_network_that_no_bundle_can_hold_is_refused_before_it_is_trained()
    {
        var settings = SmallGoods.Settings with { Network = new NetworkDefinition { Channels = [new NgramChannelDefinition { Rows = 1 << 23, Width = null }] } };
        var phases = 0;
        var error = Assert.Throws<HyperParameterException>(() => Build(SmallGoods.Rows(400), settings with { Export = new(WeightPrecision.Full) }, new Watch(_ => phases++)));

        Assert.Contains("a bundle holds 40 MB", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, phases);
    }

    [Fact]
    public void A_model_too_large_for_a_bundle_keeps_its_tables_in_fewer_bits()
    {
        var settings = SmallGoods.Settings with { Network = new NetworkDefinition { Channels = [new NgramChannelDefinition { Width = 64 }] } };
        var whole = Build(SmallGoods.Rows(200), settings);
        Assert.Contains("tables Eight", whole.Manifest.HyperParameters["export"], StringComparison.Ordinal);

        // The store's bound counts 64 kB for the manifest.
        var limits = new BundleLimits { MaxBundleBytes = whole.BundleBytes + 60_000 };
        var store = new BundleStore(Path.Combine(_folder.FullName, "narrow"), limits);
        var built = new ModelBuilder(settings, "made up", new FakeTimeProvider()).Build(TrainingSet.Of(SmallGoods.Rows(200), settings, null), store, Token);
        Assert.Contains("tables Four", built.Manifest.HyperParameters["export"], StringComparison.Ordinal);
        Assert.True(built.BundleBytes < whole.BundleBytes, $"{whole.BundleBytes} to {built.BundleBytes}");
        using var model = HsModel.Load(store.Open(built.Manifest.ModelVersion), new ScoringOptions());
        using var scorer = model.CreateScorer();
        Assert.Equal(SmallGoods.Rows(200)[0].Code, scorer.Score(SmallGoods.Rows(200)[0].Text).Code);
    }

    [Fact]
    public void Data_of_one_text_cannot_be_calibrated_and_says_so()
    {
        var error = Assert.Throws<ArgumentException>(() => Build([SmallGoods.Rows(10)[0]]));

        Assert.Contains("1 different texts", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static float[] Embedding(BatchScorer scorer, string text)
    {
        scorer.RunTexts([text], 0, 1);
        return scorer.Embedding(0).ToArray();
    }

    private BuiltModel Build(
        IReadOnlyList<(string Text, HsCode Code)> rows, ModelSettings? settings = null, IProgress<ModelProgress>? progress = null, CancellationToken? token = null)
    {
        settings ??= SmallGoods.Settings;
        return new ModelBuilder(settings, "made up", new FakeTimeProvider()) { Progress = progress, WorkDirectory = Work }
            .Build(TrainingSet.Of(rows, settings, null), Store, token ?? Token);
    }

    private sealed class Watch(Action<ModelProgress> see) : IProgress<ModelProgress>
    {
        public void Report(ModelProgress value) => see(value);
    }
}
