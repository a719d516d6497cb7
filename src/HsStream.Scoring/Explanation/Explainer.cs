using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Features;
using HsStream.Scoring.Onnx;

namespace HsStream.Scoring.Explanation;

/// <summary>Explains predictions of one model; one thread at a time.</summary>
/// <remarks>
/// Occlusion is exact: every variant of the text goes through encoder and model like any description, so the effect of a
/// word includes the pairs and n-grams it takes part in, and the pair that its neighbours form when it is gone.
/// </remarks>
public sealed class Explainer(HsModel model) : IDisposable
{
    private readonly BatchScorer _scorer = model.CreateScorer();

    public PredictionExplanation Explain(string text, ExplanationOptions options)
    {
        var prediction = _scorer.Score(text);
        var precedents = model.Precedents?.Nearest(_scorer.Embedding(0), options.Precedents) ?? [];
        var probabilities = _scorer.Printed(0, out var printed);
        var predicted = probabilities.Best;
        var runnerUp = SecondBest(probabilities.Subheadings, predicted);
        var (p, pRunnerUp) = (printed.At(probabilities, HsLevel.Subheading, predicted), runnerUp < 0 ? 0 : printed.At(probabilities, HsLevel.Subheading, runnerUp));

        // What was cut off before must not move into view when a word goes.
        var read = Read(text);
        var all = model.Encoder.Trace(read);
        TextToken[] tokens = [.. all.Take(options.MaxTokens)];
        var variants = tokens.Select(token => string.Concat(read.AsSpan(0, token.Start), " ", read.AsSpan(token.Start + token.Length))).ToArray();
        _scorer.RunTexts(variants, 0, variants.Length);
        var effects = new TokenEffect[tokens.Length];
        for (var i = 0; i < tokens.Length; i++)
        {
            var without = _scorer.Printed(i, out printed);
            effects[i] = new TokenEffect(
                tokens[i].Word, tokens[i].Start, tokens[i].Length, p - printed.At(without, HsLevel.Subheading, predicted),
                runnerUp < 0 ? 0 : pRunnerUp - printed.At(without, HsLevel.Subheading, runnerUp), model.Labels.Codes[without.Best]);
        }

        return new PredictionExplanation(
            prediction, runnerUp < 0 ? null : model.Labels.Codes[runnerUp], effects, all.Count > tokens.Length, precedents);
    }

    public void Dispose() => _scorer.Dispose();

    private static int SecondBest(ReadOnlySpan<float> probabilities, int best)
    {
        var second = -1;
        for (var i = 0; i < probabilities.Length; i++)
        {
            second = i != best && (second < 0 || probabilities[i] > probabilities[second]) ? i : second;
        }

        return second;
    }

    private string Read(string text)
    {
        var most = model.Encoder.Definition.MaxCharacters;
        return text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
    }
}
