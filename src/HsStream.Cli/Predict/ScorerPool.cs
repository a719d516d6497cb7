using HsStream.Scoring.Onnx;

namespace HsStream.Cli.Predict;

/// <summary>Several scorers of one model, one a thread; a text gets the same bits from any of them.</summary>
internal sealed class ScorerPool : IDisposable
{
    private const int TextsOfTask = 256;
    private readonly Stack<BatchScorer> _idle = [];
    private readonly List<BatchScorer> _all = [];
    private readonly HsModel _model;
    private readonly int _threads;

    public ScorerPool(HsModel model, int threads) => (_model, _threads) = (model, threads);

    /// <returns>In the order of the texts.</returns>
    public HsPrediction[] Score(IReadOnlyList<string> texts)
    {
        var predictions = new HsPrediction[texts.Count];
        var tasks = (texts.Count + TextsOfTask - 1) / TextsOfTask;
        Parallel.For(0, tasks, new ParallelOptions { MaxDegreeOfParallelism = _threads }, Take, (task, _, scorer) =>
        {
            var part = texts.Skip(task * TextsOfTask).Take(TextsOfTask).ToList();
            scorer.Score(part).CopyTo(predictions, task * TextsOfTask);
            return scorer;
        }, Return);
        return predictions;
    }

    public void Dispose() => _all.ForEach(scorer => scorer.Dispose());

    private BatchScorer Take()
    {
        lock (_idle)
        {
            if (_idle.TryPop(out var scorer)) { return scorer; }
            _all.Add(_model.CreateScorer());
            return _all[^1];
        }
    }

    private void Return(BatchScorer scorer)
    {
        lock (_idle) { _idle.Push(scorer); }
    }
}
