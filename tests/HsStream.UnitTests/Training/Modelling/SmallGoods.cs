using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Confidence;
using HsStream.Training.Fitting;
using HsStream.Training.Modelling;
using HsStream.Training.Networks;

namespace HsStream.UnitTests.Training.Modelling;

/// <summary>A few hundred labelled lines and settings that a model is built from in a second.</summary>
internal static class SmallGoods
{
    public static ModelSettings Settings { get; } = new()
    {
        Network = new NetworkDefinition { Channels = [new NgramChannelDefinition { Width = 16 }] },
        Encoder = TinyGoods.Definition,
        Training = new TrainingOptions { Epochs = 8, BatchSize = 32, Threads = 1, Schedule = new ScheduleOptions { WarmupSteps = 5 } },
        Calibration = new CalibrationOptions { MinimumRows = 5 },
        CatalogueWeight = 0,
        CalibrationShare = 0.2,
        Seed = 7,
    };

    public static IReadOnlyList<(string Text, HsCode Code)> Rows(int count) =>
        [.. TinyGoods.Texts(count, 3).Where(row => row.Text.Length > 0).Select(row => (row.Text, CodeOf(row.Label)))];

    /// <summary>Some of the made-up labels are no codes of HS 2022.</summary>
    private static HsCode CodeOf(int label) => HsNomenclature.Of(NomenclatureEdition.Hs2022).Subheadings[label * 400];
}
