using System.Runtime.InteropServices;
using System.Security.Cryptography;
using HsStream.Training.Networks;
using HsStream.Training.Torch;
using TorchSharp;

namespace HsStream.Training.Fitting;

/// <summary>Trains one network on one dataset.</summary>
/// <remarks>
/// The weights that come out are a function of the network's definition, options, data and seed, to the last bit, on one kind of CPU and with one
/// number of threads; also when the run was interrupted and resumed. Runs on the calling thread and libtorch's.
/// </remarks>
public sealed class Trainer
{
    private readonly INetwork _network;
    private readonly TrainingOptions _options;
    private readonly LabelledRows _data;
    private readonly LabelledRows? _heldOut;
    private readonly long _seed;
    private readonly TimeProvider _clock;

    /// <param name="network">Fresh from its seed; holds the result afterwards.</param>
    /// <param name="heldOut">Rows that say after each epoch how good the network is; null keeps the last epoch's weights.</param>
    /// <exception cref="HyperParameterException">An option is out of range.</exception>
    /// <exception cref="ArgumentException">There is nothing to learn from, or rows, labels and weights do not fit together.</exception>
    public Trainer(INetwork network, TrainingOptions options, LabelledRows data, LabelledRows? heldOut, long seed, TimeProvider clock)
    {
        options.Validate();
        data.Check(network.Labels.Codes.Count);
        heldOut?.Check(network.Labels.Codes.Count);
        if (data.Count == 0) { throw new ArgumentException("There is no row to learn from."); }
        _network = network;
        _options = options;
        _data = data;
        _heldOut = heldOut is { Count: > 0 } ? heldOut : null;
        _seed = seed;
        _clock = clock;
    }

    /// <summary>Called with the step number after each step and after each epoch.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Where the run's state is kept, to go on from after an interruption; null keeps none. Removed when the run is over.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Leaves the state of a run that is over, so that the same run again is over at once: for a work of several runs, whose owner removes it.</summary>
    public bool KeepsCheckpoint { get; init; }

    /// <summary>Time between two checkpoints, apart from the one written when the run is cancelled.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Trains, or goes on where the checkpoint stands.</summary>
    /// <exception cref="CheckpointException">There is a checkpoint of another run, or a damaged one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the checkpoint, if any, has been written.</exception>
    public TrainingResult Run(CancellationToken cancellationToken)
    {
        TorchRuntime.Load();
        torch.set_num_threads(_options.Threads);
        using var run = new TrainingRun(_network, _options, _data, _seed);
        var fingerprint = CheckpointPath is null ? [] : Fingerprint();
        if (CheckpointPath is not null && File.Exists(CheckpointPath)) { Checkpoint.Read(CheckpointPath, fingerprint, run.Visit); }

        var started = _clock.GetTimestamp();
        var (saved, rows) = (started, 0L);
        while (!run.IsOver)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                if (CheckpointPath is not null) { Checkpoint.Write(CheckpointPath, fingerprint, run.Visit); }
                cancellationToken.ThrowIfCancellationRequested();
            }

            rows += run.NextStep();
            var speed = rows / Math.Max(1e-3, _clock.GetElapsedTime(started).TotalSeconds);
            var epoch = run.Epoch;
            var score = run.IsEndOfEpoch ? run.EndEpoch(_heldOut) : null;
            Progress?.Report(new TrainingProgress(epoch + 1, _options.Epochs, run.Step, run.Steps, run.MeanLoss, speed, score));
            if (CheckpointPath is not null && _clock.GetElapsedTime(saved) >= CheckpointInterval && !run.IsOver)
            {
                Checkpoint.Write(CheckpointPath, fingerprint, run.Visit);
                saved = _clock.GetTimestamp();
            }
        }

        if (CheckpointPath is not null && KeepsCheckpoint && rows > 0) { Checkpoint.Write(CheckpointPath, fingerprint, run.Visit); }
        else if (CheckpointPath is not null && !KeepsCheckpoint) { File.Delete(CheckpointPath); }
        return run.Finish();
    }

    /// <summary>SHA-256 over what the run depends on: options, seed, forms of the weights and first values, rows, labels.</summary>
    private byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_options.ToJson());
        hash.AppendData(BitConverter.GetBytes(_seed));
        foreach (var table in _network.Tables) { hash.AppendData(MemoryMarshal.AsBytes(table.Values.AsSpan(0, Math.Min(table.Values.Length, 4096)))); }
        foreach (var parameter in _network.Parameters) { hash.AppendData(MemoryMarshal.AsBytes(parameter.ToArray().AsSpan())); }
        foreach (var data in new[] { _data, _heldOut })
        {
            for (var row = 0; row < (data?.Count ?? 0); row++)
            {
                hash.AppendData(MemoryMarshal.AsBytes(data!.Rows.NgramIds(row)));
                hash.AppendData(MemoryMarshal.AsBytes(data.Rows.NgramWeights(row)));
                hash.AppendData(MemoryMarshal.AsBytes(data.Rows.TokenIds(row)));
                hash.AppendData(BitConverter.GetBytes(data.Labels[row]));
                hash.AppendData(BitConverter.GetBytes(data.Weights?[row] ?? 1));
            }
        }

        return hash.GetHashAndReset();
    }
}
