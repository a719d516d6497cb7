using System.Text;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Bundles;
using HsStream.Scoring.Confidence;
using HsStream.Scoring.Onnx;
using Xunit;

namespace HsStream.UnitTests.Scoring.Onnx;

public sealed class HsModelTests : IDisposable
{
    private readonly TinyModel _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("HS1999", "610910", Bundle.ManifestFile)]
    [InlineData("HS2022", "851712", Bundle.LabelsFile)] // telephones of HS 2017, gone in HS 2022
    [InlineData("HS2017", "851713", Bundle.LabelsFile)] // smartphones, new in HS 2022
    [InlineData("HS2022", "6109", Bundle.LabelsFile)]
    [InlineData("HS2022", "999999", Bundle.LabelsFile)]
    public void A_label_that_the_edition_lacks_fails_the_load(string edition, string code, string file)
    {
        var files = TinyModel.Files();
        files[Bundle.LabelsFile] = Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(files[Bundle.LabelsFile].Span).Replace("610910", code, StringComparison.Ordinal));
        Assert.Equal(file, Refusal(files, edition).File);
    }

    [Theory]
    [InlineData("0\t610910\n0\t610990\n")]
    [InlineData("0\t610910\n1\t610910\n")]
    [InlineData("0\t610910")]
    [InlineData("0 610910\n")]
    [InlineData("\n")]
    [InlineData("")]
    public void Labels_that_are_not_a_table_fail_the_load(string labels)
    {
        var files = TinyModel.Files();
        files[Bundle.LabelsFile] = labels.Length == 0 ? new byte[] { 0xFF } : Encoding.ASCII.GetBytes(labels);
        Assert.Equal(Bundle.LabelsFile, Refusal(files).File);
    }

    [Fact]
    public void Options_out_of_range_fail_the_load_and_are_named()
    {
        (string Name, ScoringOptions Options)[] wrong =
        [
            (nameof(ScoringOptions.TopK), new() { TopK = 0 }), (nameof(ScoringOptions.TopK), new() { TopK = 101 }),
            (nameof(ScoringOptions.BatchRows), new() { BatchRows = 0 }), (nameof(ScoringOptions.BatchRows), new() { BatchRows = 1025 }),
            (nameof(ScoringOptions.IntraOpThreads), new() { IntraOpThreads = 0 }), (nameof(ScoringOptions.IntraOpThreads), new() { IntraOpThreads = 257 }),
            (nameof(ScoringOptions.Coverage), new() { Coverage = 0.4 }), (nameof(ScoringOptions.Coverage), new() { Coverage = 1 }),
            (nameof(ScoringOptions.MaxListedSet), new() { MaxListedSet = 0 }), (nameof(ScoringOptions.MaxListedSet), new() { MaxListedSet = 10_001 }),
        ];
        foreach (var (name, options) in wrong)
        {
            Assert.Contains(name, Assert.Throws<System.ComponentModel.DataAnnotations.ValidationException>(() => _tiny.Load(options)).Message, StringComparison.Ordinal);
        }

        using var widest = _tiny.Load(new ScoringOptions { TopK = 100, BatchRows = 1024, Coverage = 0.5, MaxListedSet = 10_000 });
        using var scorer = widest.CreateScorer();
        Assert.Equal(5, scorer.Score("bicycle").Subheadings.Count); // all that the model has
    }

    [Fact]
    public void Labels_read_back_as_written() =>
        Assert.Equal(TinyModel.Labels.Codes, LabelTable.Parse(TinyModel.Labels.ToTsv(), NomenclatureEdition.Hs2022).Codes);

    [Fact]
    public void As_many_labels_as_logits_are_expected()
    {
        var files = TinyModel.Files();
        files[Bundle.LabelsFile] = new LabelTable([HsCode.Parse("610910")], NomenclatureEdition.Hs2022).ToTsv();
        var error = Refusal(files);
        Assert.Equal((Bundle.ModelFile, "1 logits, as many as labels", "5"), (error.File, error.Expected, error.Found));
    }

    [Fact]
    public void A_model_that_is_no_graph_or_has_other_inputs_or_outputs_fails_the_load()
    {
        Assert.Equal(Bundle.ModelFile, Refusal(With([1, 2, 3])).File);
        var other = new TinyOnnx().Input("text", TinyOnnx.Float).Node("Identity", "logits", ["text"]).Output("logits", null);
        Assert.Equal("text", Refusal(With(other.Build())).Found);
        var type = new TinyOnnx().Input("token_ids", TinyOnnx.Float).Node("Identity", "logits", ["token_ids"]).Output("logits", null);
        Assert.Contains("Int32", Refusal(With(type.Build())).Expected, StringComparison.Ordinal);
        var output = new TinyOnnx().Input("token_ids", TinyOnnx.Int32).Node("Cast", "scores", ["token_ids"], ("to", 1)).Output("scores", null);
        Assert.Equal("scores", Refusal(With(output.Build())).Found);
        var width = new TinyOnnx().Input("token_ids", TinyOnnx.Int32).Node("Cast", "logits", ["token_ids"], ("to", 1)).Output("logits", null);
        Assert.Contains("5 logits a row", Refusal(With(width.Build())).Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_encoder_than_the_manifests_fails_the_load()
    {
        var bundle = _tiny.Write(TinyModel.Files(), TinyModel.Manifest(Features.Texts.Encoder));
        Assert.Equal(Bundle.EncoderFile, Assert.Throws<BundleException>(() => HsModel.Load(bundle, new ScoringOptions())).File);
        var files = TinyModel.Files();
        files[Bundle.EncoderTablesFile] = Features.Texts.Encoder.ToBytes().Tables;
        Assert.Equal(Bundle.EncoderFile, Refusal(files).File);
    }

    [Theory]
    [InlineData("\"format_version\": 1", "\"format_version\": 9")]
    [InlineData("\"coverage\": 0.9", "\"coverage\": 1.9")]
    [InlineData("\"subheading\": 1,", "\"subheading\": 0,")]
    [InlineData("\"rows\"", "\"lines\"")]
    public void A_calibration_that_makes_no_sense_fails_the_load(string from, string to)
    {
        var files = TinyModel.Files();
        var text = Encoding.UTF8.GetString(files[Bundle.CalibrationFile].Span);
        Assert.Contains(from, text, StringComparison.Ordinal);
        files[Bundle.CalibrationFile] = Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
        Assert.Equal(Bundle.CalibrationFile, Refusal(files).File);
    }

    [Fact]
    public void A_calibration_of_another_model_fails_the_load()
    {
        float[] weights = new float[Assessment.Signals + 1];
        float[] ones = [.. Enumerable.Repeat(1f, Assessment.Signals)];
        var assessment = new Assessment([1, 2, 3], ones, ones, weights, weights, weights);
        var error = Refusal(TinyModel.Files(TinyModel.Calibrated() with { Assessment = assessment }));
        Assert.Equal((Bundle.CalibrationFile, "training rows of 5 labels", "3"), (error.File, error.Expected, error.Found));
        error = Refusal(TinyModel.Files(TinyModel.Calibrated() with { Words = new WordInformation(new byte[7], 0) }));
        Assert.Equal((Bundle.CalibrationFile, "information of 65 token ids"), (error.File, error.Expected));
    }

    [Fact]
    public void A_score_that_is_no_number_goes_to_review()
    {
        var table = Enumerable.Repeat(float.NaN, TinyModel.Encoder.Definition.Tokens.Ids * 5).ToArray();
        var model = new TinyOnnx().Input("token_ids", TinyOnnx.Int32).Weights("table", table, table.Length / 5, 5).Axes("middle", 1)
            .Node("Gather", "rows", ["table", "token_ids"]).Node("ReduceSum", "logits", ["rows", "middle"], ("keepdims", 0)).Output("logits", 5);
        using var loaded = HsModel.Load(_tiny.Write(With(model.Build()), TinyModel.Manifest(TinyModel.Encoder)), new ScoringOptions());
        using var scorer = loaded.CreateScorer();
        var prediction = scorer.Score("mountain bicycle");
        Assert.True(prediction.Decision.Reasons.HasFlag(DecisionReasons.ModelFailure));
        Assert.Equal(Outcome.Review, prediction.Decision.Outcome);
        Assert.All(prediction.Subheadings, code => Assert.Equal(0.2f, code.Probability));
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> With(byte[] model)
    {
        var files = TinyModel.Files();
        files[Bundle.ModelFile] = model;
        return files;
    }

    private BundleException Refusal(Dictionary<string, ReadOnlyMemory<byte>> files, string edition = "HS2022") =>
        Assert.Throws<BundleException>(() => HsModel.Load(_tiny.Write(files, TinyModel.Manifest(TinyModel.Encoder, edition)), new ScoringOptions()));
}
