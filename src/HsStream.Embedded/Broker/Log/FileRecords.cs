namespace HsStream.Embedded.Broker.Log;

/// <summary>A range of whole batches in a segment file, read when the response is written.</summary>
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

    public override void CopyTo(Span<byte> destination)
    {
        var read = _file.Handle.Read(destination[..Length], _position);
        if (read < Length) { throw new IOException($"Expected {Length} bytes at position {_position} of {_file.Path}, got {read}."); }
    }

    public override void Dispose()
    {
        base.Dispose();
        if (Interlocked.Exchange(ref _disposed, 1) == 0) { _file.Release(); }
    }
}
