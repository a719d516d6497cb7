namespace HsStream.Embedded.Registry;

/// <summary>The schemas topic as one writer sees it: a log that is appended to only where its end was expected.</summary>
internal interface ISchemaLog : IAsyncDisposable
{
    /// <summary>Starts delivering every committed record from the first one on, in order, to the reader.</summary>
    void Start(ISchemaLogReader reader);

    /// <returns>The offset after the last committed record.</returns>
    /// <exception cref="SchemaLogException">The log cannot be reached.</exception>
    Task<long> EndAsync(CancellationToken cancellationToken);

    /// <summary>Makes this the log's only writer, settling whatever a writer before it left open.</summary>
    /// <returns>The offset after the last committed record; everything before it is decided for ever.</returns>
    /// <exception cref="SchemaLogException">The log cannot be reached.</exception>
    Task<long> AcquireAsync(CancellationToken cancellationToken);

    /// <summary>Appends the records, all or none, with the first at <paramref name="expectedEnd"/>, and one marker.</summary>
    /// <returns>
    /// False when somebody else wrote, or became the writer, since <see cref="AcquireAsync"/>. The records are then not
    /// in the log, unless this writer was replaced in the very moment of committing: acquiring again and reading on
    /// tells.
    /// </returns>
    /// <exception cref="SchemaLogException">Unknown whether it was appended; acquiring again and reading on tells.</exception>
    Task<bool> TryAppendAsync(long expectedEnd, IReadOnlyList<SchemaLogRecord> records, CancellationToken cancellationToken);

    /// <summary>The name of the cluster that holds the log.</summary>
    Task<string> ClusterIdAsync(CancellationToken cancellationToken);
}

/// <summary>Receives the log on one thread at a time.</summary>
internal interface ISchemaLogReader
{
    void OnRecord(long offset, byte[] key, byte[]? value, long timestampMs);

    /// <summary>Everything before this offset has been delivered; what is not records, such as markers, is skipped so.</summary>
    void OnPosition(long nextOffset);
}

/// <param name="isTooLarge">The log will never take these records.</param>
internal sealed class SchemaLogException(string message, Exception? inner = null, bool isTooLarge = false) : Exception(message, inner)
{
    public bool IsTooLarge { get; } = isTooLarge;
}
