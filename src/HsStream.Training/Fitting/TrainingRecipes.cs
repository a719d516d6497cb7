using HsStream.Training.Networks;

namespace HsStream.Training.Fitting;

/// <summary>The training that suits an architecture, found by trying on customs lines: what sums n-gram vectors learns best with small steps of
/// its dense weights, what reads a sequence of words with larger ones.</summary>
public static class TrainingRecipes
{
    /// <param name="architecture">A name of <see cref="Architectures"/>; any other gets the standard options.</param>
    public static TrainingOptions For(string architecture) => architecture switch
    {
        // On the deduplicated customs split HS6 0.621, 0.624 and 0.626 after 8, 10 and 13 rounds.
        Architectures.Bag => new TrainingOptions { Epochs = 13 },
        Architectures.TextCnn or Architectures.Combined => With(denseRate: 0.006, tableRate: 0.15),
        Architectures.Lstm or Architectures.BiLstm or Architectures.Gru => With(denseRate: 0.008, tableRate: 0.4),
        Architectures.Transformer => With(denseRate: 0.003, tableRate: 0.4),
        _ => new TrainingOptions(),
    };

    private static TrainingOptions With(double denseRate, double tableRate) =>
        new() { Optimizer = new OptimizerOptions { DenseRate = denseRate, TableRate = tableRate } };
}
