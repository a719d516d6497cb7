using HsStream.Training.Networks;
using HsStream.Training.Torch;
using TorchSharp;

namespace HsStream.Training.Fitting;

/// <summary>An average of the weights over the course of a run.</summary>
internal sealed class WeightAveraging : IDisposable
{
    private readonly AveragingOptions _options;
    private readonly INetwork _network;
    private readonly RowAverage[] _rows = [];
    private readonly DenseParameter[] _dense = [];
    private readonly float[][] _sums = [];

    public WeightAveraging(AveragingOptions options, INetwork network, IReadOnlyList<RowAdagrad> tables)
    {
        _options = options;
        _network = network;
        switch (options.Kind)
        {
            case AveragingKind.Moving:
                _rows = [.. tables.Select(table => table.Average = new RowAverage(table.Table, options.Decay))];
                _dense = [.. network.Parameters.Select(p => new DenseParameter(p.Name, p.Value.detach().clone().DetachFromDisposeScope(), false))];
                break;
            case AveragingKind.Epochs:
                _sums = [.. NetworkWeights.Of(network).Values.Select(values => new float[values.Length])];
                break;
            default:
                break;
        }
    }

    /// <summary>Epochs in the plain average.</summary>
    public int Epochs { get; set; }

    public void AfterStep()
    {
        using var none = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        for (var i = 0; i < _dense.Length; i++) { _dense[i].Value.ScaleInPlace(_options.Decay).AddInPlace(_network.Parameters[i].Value, 1 - _options.Decay); }
    }

    /// <param name="epoch">From 1.</param>
    public void AfterEpoch(int epoch)
    {
        if (_sums.Length == 0 || epoch < _options.FromEpoch) { return; }
        Epochs++;
        var values = NetworkWeights.Of(_network).Values;
        for (var i = 0; i < _sums.Length; i++)
        {
            // Running mean, which stays in the range of the weights.
            for (var j = 0; j < values[i].Length; j++) { _sums[i][j] += (values[i][j] - _sums[i][j]) / Epochs; }
        }
    }

    /// <summary>Puts the average into the network; false, and nothing done, when there is none.</summary>
    /// <param name="step">Steps done.</param>
    public bool CopyToNetwork(long step)
    {
        if (_dense.Length + _rows.Length > 0)
        {
            foreach (var average in _rows) { average.BringUpTo(step); }
            for (var i = 0; i < _rows.Length; i++) { _rows[i].Values.CopyTo(_network.Tables[i].Values, 0); }
            for (var i = 0; i < _dense.Length; i++) { _network.Parameters[i].Set(_dense[i].ToArray()); }
            return true;
        }

        if (Epochs == 0) { return false; }
        for (var i = 0; i < _network.Tables.Count; i++) { _sums[i].CopyTo(_network.Tables[i].Values, 0); }
        for (var i = 0; i < _network.Parameters.Count; i++) { _network.Parameters[i].Set(_sums[_network.Tables.Count + i]); }
        return true;
    }

    /// <summary>All numbers of the average's state, to be saved and set in this order.</summary>
    public void Visit(IStateVisitor state)
    {
        Epochs = state.Number("epochs_averaged", Epochs);
        foreach (var sum in _sums) { state.Floats("average", sum); }
        foreach (var rows in _rows)
        {
            state.Floats("row_average", rows.Values);
            state.Longs("row_average_steps", rows.Steps);
        }

        foreach (var dense in _dense) { state.Parameter("dense_average", dense); }
    }

    public void Dispose()
    {
        foreach (var dense in _dense) { dense.Value.Dispose(); }
    }
}
