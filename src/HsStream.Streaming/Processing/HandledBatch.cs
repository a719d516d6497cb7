using System.Diagnostics.CodeAnalysis;
using HsStream.Streaming.Feeding;

namespace HsStream.Streaming.Processing;

/// <summary>A batch that is being handled, beside the transaction of the batches before it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no linked token, and may be cancelled from another thread at any time.")]
internal sealed class HandledBatch
{
    private readonly CancellationTokenSource _cancel = new();
    private Task<BatchOutputs> _handling = null!;

    private HandledBatch(List<InputRecord> records, long epoch)
    {
        Records = records;
        Epoch = epoch;
    }

    public IReadOnlyList<InputRecord> Records { get; }

    public long Epoch { get; }

    public bool IsDone => _handling.IsCompleted;

    public TimeSpan Elapsed { get; private set; }

    public static HandledBatch Start(List<InputRecord> records, long epoch, BatchRunner runner, AsyncSignal onDone, TimeProvider time)
    {
        var batch = new HandledBatch(records, epoch);
        batch._handling = Task.Run(async () =>
        {
            var started = time.GetTimestamp();
            try
            {
                return await runner.RunAsync(records, batch._cancel.Token);
            }
            finally
            {
                batch.Elapsed = time.GetElapsedTime(started);
            }
        });
        batch._handling.ContinueWith(_ => onDone.Set(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return batch;
    }

    /// <exception cref="TransactionAbortException">It was cancelled.</exception>
    public async Task<BatchOutputs> OutputsAsync()
    {
        try
        {
            return await _handling;
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            throw new TransactionAbortException("the batch was given up");
        }
    }

    public void Cancel() => _cancel.Cancel();

    /// <summary>Waits for the handler's end, whatever it is: the next batch must not be handled beside this one.</summary>
    public Task ForgetAsync() =>
        _handling.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
