using HsStream.Scoring.Confidence;
using HsStream.Scoring.Features;
using Microsoft.ML.OnnxRuntime;

namespace HsStream.Scoring.Onnx;

/// <summary>Scores descriptions with one model on one thread; make one a thread, the model is shared.</summary>
/// <remarks>
/// Rows of the same padded shape run together, always <see cref="ScoringOptions.BatchRows"/> of them, empty rows filling up.
/// So a text has the same bits alone, in any batch, and at any place in it. Buffers are kept for the next batch.
/// </remarks>
public sealed class BatchScorer : IDisposable
{
    /// <summary>Enough for full groups of every shape, little enough to keep few scores.</summary>
    private const int RowsAtOnce = 1024;

    private readonly HsModel _model;
    private readonly RunOptions _runOptions = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private readonly Dictionary<(int Ngrams, int Tokens), ModelRun> _runs = [];
    private readonly RowProbabilities _probabilities;
    private readonly PredictionBuilder _builder;
    private long[] _order = [];
    private readonly int[] _group;
    private float[] _logits = [];
    private float[] _embeddings = [];
    private ExecutionProfile[] _profiles = [];

    internal BatchScorer(HsModel model)
    {
        _model = model;
        Encoded = new EncodedBatch(model.Encoder);
        _group = new int[model.Options.BatchRows];
        _probabilities = new RowProbabilities(model.Labels);
        _builder = new PredictionBuilder(model);
    }

    /// <summary>The features of the last batch.</summary>
    public EncodedBatch Encoded { get; }

    /// <summary>Scores texts and builds a prediction of each, in order.</summary>
    public HsPrediction[] Score(IReadOnlyList<string> texts)
    {
        var predictions = new HsPrediction[texts.Count];
        for (var start = 0; start < predictions.Length; start += RowsAtOnce)
        {
            var part = Math.Min(RowsAtOnce, predictions.Length - start);
            RunTexts(texts, start, part);
            for (var i = 0; i < part; i++)
            {
                predictions[start + i] = _builder.Build(texts[start + i], Probabilities(i), Encoded, i, _profiles[i]);
            }
        }

        return predictions;
    }

    public HsPrediction Score(string text) => Score([text])[0];

    /// <summary>Runs the model over some of the texts; read the results with <see cref="Logits"/>, <see cref="Embedding"/> and <see cref="Probabilities"/>.</summary>
    /// <remarks>Keeps the scores of every row, so give it some thousand texts at a time.</remarks>
    public void RunTexts(IReadOnlyList<string> texts, int start, int count)
    {
        Encoded.Clear();
        for (var i = start; i < start + count; i++)
        {
            Encoded.Add(texts[i]);
        }

        Run();
    }

    /// <summary>Raw scores of a row of the last batch, by label.</summary>
    public ReadOnlySpan<float> Logits(int row) => _logits.AsSpan(row * _model.Labels.Count, _model.Labels.Count);

    /// <summary>Embedding of a row of the last batch, of length 1; empty when the model gives none.</summary>
    public ReadOnlySpan<float> Embedding(int row) => _embeddings.AsSpan(row * _model.EmbeddingLength, _model.EmbeddingLength);

    /// <summary>Probabilities of a row after its temperature of the last batch, by label, as sets rest on them; they hold until the next call.</summary>
    public RowProbabilities Probabilities(int row)
    {
        _probabilities.Compute(Logits(row), _model.Calibration.Temperatures);
        return _probabilities;
    }

    /// <summary>Likewise, with what a prediction prints of them.</summary>
    public RowProbabilities Printed(int row, out Publication publication)
    {
        publication = _builder.Publish(Probabilities(row), Encoded, row);
        return _probabilities;
    }

    /// <summary>Runs every padded shape once, so that the first description does not pay for it.</summary>
    public void Warmup()
    {
        var definition = _model.Encoder.Definition;
        Encoded.Clear();
        foreach (var ngrams in _model.ReadsNgrams ? definition.Ngrams.Widths : [0])
        {
            foreach (var tokens in _model.ReadsTokens ? definition.Tokens.Widths : [0])
            {
                RunOf((ngrams, tokens)).Run(Encoded, [], _runOptions);
            }
        }
    }

    public void Dispose()
    {
        foreach (var run in _runs.Values)
        {
            run.Dispose();
        }

        _runOptions.Dispose();
    }

    internal void Run()
    {
        var count = Encoded.Count;
        EnsureRows(count);
        for (var row = 0; row < count; row++)
        {
            // Sorted by shape, then by row.
            var (ngrams, tokens) = _model.Shape(Encoded, row);
            _order[row] = ((long)ngrams << 48) | ((long)tokens << 32) | (uint)row;
        }

        _order.AsSpan(0, count).Sort();
        for (var start = 0; start < count;)
        {
            var shape = _order[start] >> 32;
            var length = 0;
            while (start + length < count && length < _group.Length && _order[start + length] >> 32 == shape)
            {
                _group[length] = (int)(uint)_order[start + length];
                length++;
            }

            RunGroup(_group.AsSpan(0, length));
            start += length;
        }
    }

    private void RunGroup(ReadOnlySpan<int> rows)
    {
        var run = RunOf(_model.Shape(Encoded, rows[0]));
        run.Run(Encoded, rows, _runOptions);
        var (labels, embedding) = (_model.Labels.Count, _model.EmbeddingLength);
        for (var i = 0; i < rows.Length; i++)
        {
            run.Logits(i).CopyTo(_logits.AsSpan(rows[i] * labels, labels));
            run.Embedding(i).CopyTo(_embeddings.AsSpan(rows[i] * embedding, embedding));
            _profiles[rows[i]] = run.Profile;
        }
    }

    private ModelRun RunOf((int Ngrams, int Tokens) shape)
    {
        if (!_runs.TryGetValue(shape, out var run))
        {
            run = new ModelRun(_model, shape.Ngrams, shape.Tokens);
            _runs.Add(shape, run);
        }

        return run;
    }

    private void EnsureRows(int count)
    {
        if (_order.Length < count)
        {
            var size = Math.Max(count, 2 * _order.Length);
            _order = new long[size];
            _profiles = new ExecutionProfile[size];
            _logits = new float[(long)size * _model.Labels.Count];
            _embeddings = new float[(long)size * _model.EmbeddingLength];
        }
    }
}
