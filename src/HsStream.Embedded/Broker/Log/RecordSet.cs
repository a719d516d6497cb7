namespace HsStream.Embedded.Broker.Log;

/// <summary>Whole record batches, in memory or still in a segment file; sent piece by piece without being held in memory as a whole.</summary>
/// <remarks>Dispose it after the response is written: it may hold a segment open that retention has already unlinked.</remarks>
internal abstract class RecordSet : IDisposable
{
    public static readonly RecordSet Empty = new MemoryRecords(Memory<byte>.Empty);

    /// <summary>Size in bytes.</summary>
    public abstract int Length { get; }

    /// <summary>Copies the bytes from <paramref name="offset"/> on, as many as <paramref name="destination"/> takes; they must be there.</summary>
    /// <exception cref="IOException">They could not be read.</exception>
    public abstract void CopyTo(int offset, Span<byte> destination);

    /// <summary>Copies all <see cref="Length"/> bytes.</summary>
    public void CopyTo(Span<byte> destination) => CopyTo(0, destination[..Length]);

    public virtual void Dispose()
    {
    }
}

/// <summary>Batches in memory. The produce path patches base offset and leader epoch in place.</summary>
internal sealed class MemoryRecords(Memory<byte> bytes) : RecordSet
{
    public Memory<byte> Bytes { get; } = bytes;

    public override int Length => Bytes.Length;

    public override void CopyTo(int offset, Span<byte> destination) => Bytes.Span.Slice(offset, destination.Length).CopyTo(destination);
}
