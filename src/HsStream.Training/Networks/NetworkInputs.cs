using HsStream.Scoring.Features;

namespace HsStream.Training.Networks;

/// <summary>What an encoder feeds a network: the bounds of its ids and sequences.</summary>
/// <param name="NgramIds">N-gram ids are below this.</param>
/// <param name="TokenIds">Token ids are below this.</param>
/// <param name="MaxTokens">Steps of the longest token sequence.</param>
public sealed record NetworkInputs(int NgramIds, int TokenIds, int MaxTokens)
{
    public static NetworkInputs Of(EncoderDefinition encoder) => new(encoder.Ngrams.Buckets, encoder.Tokens.Ids, encoder.Tokens.MaxTokens);
}
