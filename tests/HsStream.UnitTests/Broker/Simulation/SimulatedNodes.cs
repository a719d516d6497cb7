namespace HsStream.UnitTests.Broker.Simulation;

/// <summary>Something with a present state, a flushed one, and the changes in between, in order.</summary>
internal abstract class Node
{
    /// <summary>Keeps a prefix of the changes since the last flush.</summary>
    public abstract void LosePower(Random random);

    /// <summary>All, none, or any number: the ends are where mistakes show.</summary>
    protected static int Prefix(Random random, int count) => random.Next(4) switch
    {
        0 => 0,
        1 => count,
        _ => random.Next(count + 1),
    };
}

internal sealed class FolderNode : Node
{
    private readonly List<Action<Dictionary<string, Node>>> _pending = [];
    private Dictionary<string, Node> _durable = [];

    public Dictionary<string, Node> Current { get; private set; } = [];

    public void Apply(Action<Dictionary<string, Node>> change)
    {
        change(Current);
        _pending.Add(change);
    }

    public void Flush()
    {
        _durable = new Dictionary<string, Node>(Current);
        _pending.Clear();
    }

    public override void LosePower(Random random)
    {
        foreach (var change in _pending.Take(Prefix(random, _pending.Count))) { change(_durable); }

        Current = _durable;
        Flush();
        foreach (var name in Current.Keys.Order(StringComparer.Ordinal)) { Current[name].LosePower(random); }
    }
}

internal sealed class FileNode : Node
{
    // A write, or a change of length when there are no bytes.
    private readonly List<(long Position, byte[]? Bytes)> _pending = [];
    private readonly Image _current = new();
    private readonly Image _durable = new();

    public int Length => _current.Length;

    public byte[] Content() => _current.Bytes[.._current.Length];

    public void Replace(byte[] content)
    {
        foreach (var image in (Image[])[_current, _durable])
        {
            image.SetLength(0);
            image.Write(content, 0);
        }

        _pending.Clear();
    }

    public void Write(byte[] bytes, long position)
    {
        _current.Write(bytes, position);
        _pending.Add((position, bytes));
    }

    public int Read(Span<byte> destination, long position)
    {
        var count = (int)Math.Clamp(_current.Length - position, 0, destination.Length);
        if (count > 0) { _current.Bytes.AsSpan((int)position, count).CopyTo(destination); }

        return count;
    }

    public void SetLength(int length)
    {
        _current.SetLength(length);
        _pending.Add((length, null));
    }

    public void Flush()
    {
        foreach (var (position, bytes) in _pending) { _durable.Apply(position, bytes); }

        _pending.Clear();
    }

    /// <summary>A failed flush: the changes are neither durable nor pending any more.</summary>
    public void Forget() => _pending.Clear();

    public override void LosePower(Random random)
    {
        var kept = Prefix(random, _pending.Count);
        for (var i = 0; i < kept; i++) { _durable.Apply(_pending[i].Position, _pending[i].Bytes); }

        // The next write may have reached the disk in part.
        if (kept < _pending.Count && _pending[kept].Bytes is { Length: > 0 } torn && random.Next(2) == 0)
        {
            _durable.Apply(_pending[kept].Position, torn[..random.Next(torn.Length)]);
        }

        _current.CopyFrom(_durable);
        _pending.Clear();
    }

    private sealed class Image
    {
        public byte[] Bytes { get; private set; } = [];

        public int Length { get; private set; }

        public void Apply(long position, byte[]? bytes)
        {
            if (bytes is null) { SetLength((int)position); } else { Write(bytes, position); }
        }

        public void Write(byte[] bytes, long position)
        {
            var end = (int)position + bytes.Length;
            if (end > Length) { SetLength(end); }

            bytes.CopyTo(Bytes, position);
        }

        public void SetLength(int length)
        {
            if (length > Bytes.Length)
            {
                var grown = new byte[Math.Max(length, Bytes.Length * 2)];
                Bytes.AsSpan(0, Length).CopyTo(grown);
                Bytes = grown;
            }

            if (length > Length) { Bytes.AsSpan(Length, length - Length).Clear(); }

            Length = length;
        }

        public void CopyFrom(Image other)
        {
            Bytes = other.Bytes[..other.Length];
            Length = other.Length;
        }
    }
}
