namespace HsStream.Embedded.Broker.Log;

/// <summary>A range of whole batches in a segment file, read while the response is sent.</summary>
internal sealed class FileRecords : RecordSet
{
    private readonly SegmentFile _file;
    private readonly int _position;
    private int _disposed;

    /// <param name="file">Already acquired; released on dispose.</param>
    public FileRecords(SegmentFile file, int position, int length)
    {
        _file = file;
        _position = position;
        Length = length;
    }

    public override int Length { get; }

    public override void CopyTo(int offset, Span<byte> destination)
    {
        var read = _file.Handle.Read(destination, _position + offset);
        if (read < destination.Length)
        {
            throw new IOException($"Expected {destination.Length} bytes at position {_position + offset} of {_file.Path}, got {read}.");
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        if (Interlocked.Exchange(ref _disposed, 1) == 0) { _file.Release(); }
    }
}
