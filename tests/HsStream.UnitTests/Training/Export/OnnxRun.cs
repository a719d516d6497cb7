using HsStream.Scoring.Features;
using HsStream.Training.Export;
using Microsoft.ML.OnnxRuntime;

namespace HsStream.UnitTests.Training.Export;

/// <summary>Runs a model file over texts as a server would, with rows padded to given widths.</summary>
internal sealed class OnnxRun : IDisposable
{
    private readonly InferenceSession _session;

    public OnnxRun(byte[] model)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(model, options);
    }

    public IReadOnlyCollection<string> Inputs => [.. _session.InputMetadata.Keys];

    /// <summary>Scores of some rows, [rows][columns].</summary>
    public float[][] Scores(EncodedBatch batch, int[] rows, int features, int steps, string output = GraphInputs.Logits)
    {
        var ids = new int[rows.Length * features];
        var weights = new float[rows.Length * features];
        var tokens = new int[rows.Length * steps];
        batch.WriteNgrams(rows, features, ids, weights);
        batch.WriteTokens(rows, steps, tokens);
        using var a = OrtValue.CreateTensorValueFromMemory(ids, [rows.Length, features]);
        using var b = OrtValue.CreateTensorValueFromMemory(weights, [rows.Length, features]);
        using var c = OrtValue.CreateTensorValueFromMemory(tokens, [rows.Length, steps]);
        var inputs = new Dictionary<string, OrtValue> { [GraphInputs.NgramIds] = a, [GraphInputs.NgramWeights] = b, [GraphInputs.TokenIds] = c }
            .Where(input => Inputs.Contains(input.Key)).ToDictionary();
        using var options = new RunOptions();
        using var results = _session.Run(options, inputs, [output]);
        return [.. results[0].GetTensorDataAsSpan<float>().ToArray().Chunk((int)results[0].GetTensorTypeAndShape().Shape[1])];
    }

    public void Dispose() => _session.Dispose();
}
