namespace HsStream.Streaming.Processing;

/// <summary>Turns a batch of records into records. Called by one processor at a time, never concurrently.</summary>
public interface IRecordHandler
{
    /// <param name="batch">At least one record; of each partition in offset order.</param>
    /// <param name="outputs">
    /// What is put here is produced, in this order, in the transaction that moves the batch's offsets, once the call has returned
    /// normally. When it throws, everything of this call is forgotten.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the batch is lost to another instance, or shutdown has waited long enough.</param>
    /// <exception cref="RecordException">It names a record of the batch: that one is dead-lettered, the rest is handled again.</exception>
    /// <exception cref="TransientException">The same batch is handled again after a pause, without end.</exception>
    /// <remarks>Any other exception has the batch bisected until the record that causes it is alone; that one is dead-lettered.</remarks>
    Task HandleAsync(IReadOnlyList<InputRecord> batch, IOutputs outputs, CancellationToken cancellationToken);
}

/// <summary>Turns a batch of decoded messages into records; see <see cref="IRecordHandler"/> for what holds.</summary>
public interface IMessageHandler<T>
    where T : class
{
    /// <param name="batch">Only what could be decoded; at least one.</param>
    Task HandleAsync(IReadOnlyList<InputMessage<T>> batch, IOutputs outputs, CancellationToken cancellationToken);
}

/// <param name="Record">As it was read.</param>
public readonly record struct InputMessage<T>(InputRecord Record, T Message)
    where T : class;
