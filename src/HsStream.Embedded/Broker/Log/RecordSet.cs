namespace HsStream.Embedded.Broker.Log;

/// <summary>Whole record batches, in memory or still in a segment file; written to a response without a copy in between.</summary>
/// <remarks>Dispose it after the response is written: it may hold a segment open that retention has already unlinked.</remarks>
internal abstract class RecordSet : IDisposable
{
    public static readonly RecordSet Empty = new MemoryRecords(Memory<byte>.Empty);

    /// <summary>Size in bytes.</summary>
    public abstract int Length { get; }

    /// <summary>Copies all <see cref="Length"/> bytes.</summary>
    public abstract void CopyTo(Span<byte> destination);

    public virtual void Dispose()
    {
    }
}

/// <summary>Batches in memory. The produce path patches base offset and leader epoch in place.</summary>
internal sealed class MemoryRecords(Memory<byte> bytes) : RecordSet
{
    public Memory<byte> Bytes { get; } = bytes;

    public override int Length => Bytes.Length;

    public override void CopyTo(Span<byte> destination) => Bytes.Span.CopyTo(destination);
}
