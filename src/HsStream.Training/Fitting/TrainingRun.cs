using System.Runtime.InteropServices;
using HsStream.Training.Networks;
using TorchSharp;

namespace HsStream.Training.Fitting;

/// <summary>The state of a run between two steps, and how the next step changes it.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly INetwork _network;
    private readonly TrainingOptions _options;
    private readonly LabelledRows _data;
    private readonly long _seed;
    private readonly BatchPlan _plan;
    private readonly TrainingLoss _loss;
    private readonly DenseOptimizer _dense;
    private readonly RowAdagrad[] _tables;
    private readonly Dictionary<EmbeddingTable, RowAdagrad> _optimizerOf;
    private readonly WeightAveraging _averaging;
    private readonly NetworkBatch _batch = new();
    private readonly List<EpochResult> _epochs = [];
    private NetworkWeights? _best;
    private int _bestEpoch;
    private double _lossSum;
    private bool _stopped;
    private int[][]? _batches;

    public TrainingRun(INetwork network, TrainingOptions options, LabelledRows data, long seed)
    {
        _network = network;
        _options = options;
        _data = data;
        _seed = seed;
        _plan = new BatchPlan(data, options, network.ReadsTokens, seed);
        _loss = new TrainingLoss(options.Loss, network.Labels);
        _dense = new DenseOptimizer(options.Optimizer, network.Parameters);
        foreach (var table in network.Tables) { table.ClearAllBut(data.Rows); }
        _tables = [.. network.Tables.Select(table => new RowAdagrad(table))];
        _optimizerOf = _tables.ToDictionary(optimizer => optimizer.Table);
        _averaging = new WeightAveraging(options.Averaging, network, _tables);
    }

    /// <summary>Steps done.</summary>
    public long Step { get; private set; }

    public long Steps => (long)_plan.StepsPerEpoch * _options.Epochs;

    /// <summary>The running one, from 0.</summary>
    public int Epoch => _epochs.Count;

    public bool IsEndOfEpoch => StepInEpoch == _plan.StepsPerEpoch;

    public bool IsOver => _stopped || Epoch == _options.Epochs;

    public double MeanLoss { get; private set; }

    private int StepInEpoch => (int)(Step - ((long)Epoch * _plan.StepsPerEpoch));

    /// <returns>Rows learned from.</returns>
    public int NextStep()
    {
        _batches ??= _plan.Epoch(Epoch);
        var selected = _batches[StepInEpoch];
        var factor = _options.Schedule.Factor(Step, Steps);
        using (var scope = torch.NewDisposeScope())
        {
            _batch.Fill(_data.Rows, selected);
            var pass = ForwardPass.Train(_batch, _seed, Step, _network.Device);
            using var loss = _loss.Compute(_network.Forward(pass), _data, selected);
            loss.backward();
            _lossSum += loss.item<float>();
            Apply(pass, factor);
        }

        Step++;
        MeanLoss = _lossSum / StepInEpoch;
        _averaging.AfterStep();
        return selected.Length;
    }

    /// <summary>Closes the epoch: averages, asks the held-out rows, keeps the best weights, and decides whether to stop. Not cancelled: it takes a moment, and half of it could not be resumed.</summary>
    public HeldOutScore? EndEpoch(LabelledRows? heldOut)
    {
        _averaging.AfterEpoch(Epoch + 1);
        HeldOutScore? score = null;
        if (heldOut is not null)
        {
            // The average is asked where there is one; learning goes on with the weights as they were.
            var learning = _options.Averaging.Kind == AveragingKind.None ? null : NetworkWeights.Of(_network);
            if (learning is not null) { _averaging.CopyToNetwork(Step); }
            score = HeldOutScore.Of(_network, heldOut, CancellationToken.None);
            if (_bestEpoch == 0 || score.IsBetterThan(_epochs[_bestEpoch - 1].Score))
            {
                _best = NetworkWeights.Of(_network);
                _bestEpoch = Epoch + 1;
            }

            learning?.CopyTo(_network);
        }

        _epochs.Add(new EpochResult(Epoch + 1, MeanLoss, score));
        _stopped = heldOut is not null && _options.Patience > 0 && Epoch - _bestEpoch >= _options.Patience;
        _lossSum = 0;
        _batches = null;
        return score;
    }

    /// <summary>Leaves the result in the network.</summary>
    public TrainingResult Finish()
    {
        if (_best is not null) { _best.CopyTo(_network); }
        else { _averaging.CopyToNetwork(Step); }
        return new TrainingResult(_epochs, _best is null ? _epochs.Count : _bestEpoch, _stopped);
    }

    public void Visit(IStateVisitor state)
    {
        Step = state.Number("step", Step);
        _lossSum = state.Number("loss_sum", _lossSum);
        VisitEpochs(state);
        for (var i = 0; i < _tables.Length; i++)
        {
            state.Floats($"table {_tables[i].Table.Name}", _tables[i].Table.Values);
            state.Floats($"sums {_tables[i].Table.Name}", _tables[i].Sums);
        }

        for (var i = 0; i < _network.Parameters.Count; i++)
        {
            state.Parameter("weights", _network.Parameters[i]);
            state.Parameter("optimizer", _dense.Firsts[i]);
            state.Parameter("optimizer", _dense.Seconds[i]);
        }

        _averaging.Visit(state);
        _bestEpoch = state.Number("best_epoch", _bestEpoch);
        if (_bestEpoch == 0) { return; }
        _best ??= NetworkWeights.Of(_network);
        foreach (var values in _best.Values) { state.Floats("best", values); }
    }

    public void Dispose()
    {
        _loss.Dispose();
        _dense.Dispose();
        _averaging.Dispose();
    }

    private void VisitEpochs(IStateVisitor state)
    {
        var count = state.Number("epochs", _epochs.Count);
        for (var i = 0; i < count; i++)
        {
            var known = i < _epochs.Count ? _epochs[i] : new EpochResult(i + 1, 0, null);
            var loss = state.Number("loss", known.Loss);
            var hasScore = state.Number("has_score", known.Score is null ? 0 : 1) == 1;
            var score = known.Score ?? new HeldOutScore(0, 0, 0);
            score = new HeldOutScore(
                state.Number("subheadings", score.Subheadings), state.Number("headings", score.Headings), state.Number("log_loss", score.LogLoss));
            var epoch = new EpochResult(i + 1, loss, hasScore ? score : null);
            if (i < _epochs.Count) { _epochs[i] = epoch; }
            else { _epochs.Add(epoch); }
        }
    }

    private void Apply(ForwardPass pass, double factor)
    {
        var gradients = new List<float[]>(pass.Uses.Count);
        foreach (var use in pass.Uses)
        {
            using var gradient = use.Leaf.grad!.cpu().contiguous();
            gradients.Add(MemoryMarshal.Cast<byte, float>(gradient.bytes).ToArray());
        }

        var scale = 1.0;
        if (_options.Optimizer.MaxGradient > 0)
        {
            var length = Math.Sqrt(_dense.SumOfSquares() + gradients.Sum(gradient => gradient.Sum(g => (double)g * g)));
            scale = Math.Min(1, _options.Optimizer.MaxGradient / (length + 1e-12));
        }

        for (var i = 0; i < pass.Uses.Count; i++)
        {
            _optimizerOf[pass.Uses[i].Table].Apply(pass.Uses[i], gradients[i], (float)(_options.Optimizer.TableRate * factor), (float)scale, Step);
        }

        _dense.Step(factor, scale, Step);
    }
}
