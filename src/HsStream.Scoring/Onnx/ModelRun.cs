using HsStream.Scoring.Features;
using Microsoft.ML.OnnxRuntime;

namespace HsStream.Scoring.Onnx;

/// <summary>The bound tensors of one padded shape: allocated once, pinned, filled and run any number of times by one thread.</summary>
internal sealed class ModelRun : IDisposable
{
    private readonly HsModel _model;
    private readonly OrtIoBinding _binding;
    private readonly List<OrtValue> _values = [];
    private readonly int _ngramWidth;
    private readonly int _tokenWidth;
    private readonly int[] _ngramIds;
    private readonly float[] _ngramWeights;
    private readonly int[] _tokenIds;
    private readonly float[] _logits;
    private readonly float[] _embeddings;

    public ModelRun(HsModel model, int ngramWidth, int tokenWidth)
    {
        _model = model;
        (_ngramWidth, _tokenWidth) = (ngramWidth, tokenWidth);
        var rows = model.Options.BatchRows;
        Profile = new ExecutionProfile(
            model.Provider, model.RuntimeVersion, ExecutionProfile.CurrentInstructions, model.Options.IntraOpThreads, rows, ngramWidth, tokenWidth);
        _ngramIds = Pinned<int>(rows * ngramWidth);
        _ngramWeights = Pinned<float>(rows * ngramWidth);
        _tokenIds = Pinned<int>(rows * tokenWidth);
        _logits = Pinned<float>(rows * model.Labels.Count);
        _embeddings = Pinned<float>(rows * model.EmbeddingLength);
        _binding = model.Session.CreateIoBinding();
        if (ngramWidth > 0)
        {
            _binding.BindInput(HsModel.NgramIds, Value(_ngramIds, ngramWidth));
            _binding.BindInput(HsModel.NgramWeights, Value(_ngramWeights, ngramWidth));
        }

        if (tokenWidth > 0)
        {
            _binding.BindInput(HsModel.TokenIds, Value(_tokenIds, tokenWidth));
        }

        _binding.BindOutput(HsModel.Logits, Value(_logits, model.Labels.Count));
        if (model.EmbeddingLength > 0)
        {
            _binding.BindOutput(HsModel.Embedding, Value(_embeddings, model.EmbeddingLength));
        }
    }

    public ExecutionProfile Profile { get; }

    /// <summary>Runs at most <see cref="ScoringOptions.BatchRows"/> rows, all of this shape.</summary>
    public void Run(EncodedBatch batch, ReadOnlySpan<int> rows, RunOptions options)
    {
        if (_ngramWidth > 0)
        {
            var used = rows.Length * _ngramWidth;
            batch.WriteNgrams(rows, _ngramWidth, _ngramIds.AsSpan(0, used), _ngramWeights.AsSpan(0, used));
            _ngramIds.AsSpan(used).Clear();
            _ngramWeights.AsSpan(used).Clear();
        }

        if (_tokenWidth > 0)
        {
            var used = rows.Length * _tokenWidth;
            batch.WriteTokens(rows, _tokenWidth, _tokenIds.AsSpan(0, used));
            _tokenIds.AsSpan(used).Clear();
        }

        _model.Session.RunWithBinding(options, _binding);
    }

    /// <summary>Raw scores of a row of the last run; the model's labels.</summary>
    public ReadOnlySpan<float> Logits(int index) => _logits.AsSpan(index * _model.Labels.Count, _model.Labels.Count);

    public ReadOnlySpan<float> Embedding(int index) => _embeddings.AsSpan(index * _model.EmbeddingLength, _model.EmbeddingLength);

    public void Dispose()
    {
        _binding.Dispose();
        foreach (var value in _values)
        {
            value.Dispose();
        }
    }

    private static T[] Pinned<T>(int length) => GC.AllocateArray<T>(length, pinned: true);

    private OrtValue Value<T>(T[] buffer, int width)
        where T : unmanaged
    {
        var value = OrtValue.CreateTensorValueFromMemory(buffer, [_model.Options.BatchRows, width]);
        _values.Add(value);
        return value;
    }
}
