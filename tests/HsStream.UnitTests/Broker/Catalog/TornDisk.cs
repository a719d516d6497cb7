using HsStream.Embedded.Broker.Disk;

namespace HsStream.UnitTests.Broker.Catalog;

/// <summary>One folder in memory that can lose its power at any operation: unflushed writes survive as any prefix, unflushed names as any prefix.</summary>
internal sealed class TornDisk : IDisk
{
    private readonly List<Action<Dictionary<string, Node>>> _pendingNames = [];
    private Dictionary<string, Node> _names = [];
    private Dictionary<string, Node> _durableNames = [];
    private int _operationsLeft = int.MaxValue;

    public void CrashAfter(int operations) => _operationsLeft = operations;

    public void Restart(int seed)
    {
        var random = new Random(seed);
        _operationsLeft = int.MaxValue;
        foreach (var rename in _pendingNames.Take(random.Next(_pendingNames.Count + 1))) { rename(_durableNames); }

        _pendingNames.Clear();
        _names = new(_durableNames);
        foreach (var node in _names.Values) { node.LosePower(random); }
    }

    public IDiskFile OpenOrCreate(string path)
    {
        if (!_names.ContainsKey(path))
        {
            Step();
            var node = new Node(this);
            Do(names => names[path] = node);
        }

        return _names[path];
    }

    public IDiskFile OpenRead(string path) => _names.GetValueOrDefault(path) ?? throw new FileNotFoundException(path);

    public bool FileExists(string path) => _names.ContainsKey(path);

    public bool DirectoryExists(string path) => true;

    public void CreateDirectory(string path) => throw new NotSupportedException();

    public IReadOnlyList<string> ListFiles(string directory) => [.. _names.Keys.Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public IReadOnlyList<string> ListDirectories(string directory) => [];

    public void Rename(string from, string to)
    {
        Step();
        var node = _names[from];
        Do(names =>
        {
            names.Remove(from);
            names[to] = node;
        });
    }

    public void DeleteFile(string path)
    {
        Step();
        Do(names => names.Remove(path));
    }

    public void DeleteDirectory(string path) => throw new NotSupportedException();

    public void FlushDirectory(string path)
    {
        Step();
        _durableNames = new(_names);
        _pendingNames.Clear();
    }

    public long FreeBytes(string path) => long.MaxValue;

    private void Do(Action<Dictionary<string, Node>> change)
    {
        change(_names);
        _pendingNames.Add(change);
    }

    private void Step()
    {
        if (--_operationsLeft < 0) { throw new CrashException(); }
    }

    internal sealed class CrashException : Exception;

    private sealed class Node(TornDisk disk) : IDiskFile
    {
        private readonly List<(byte[]? Bytes, long Position)> _pending = [];
        private byte[] _durable = [];
        private byte[] _bytes = [];

        public long Length => _bytes.Length;

        public void Write(ReadOnlySpan<byte> bytes, long position)
        {
            var crash = disk._operationsLeft == 0;
            _pending.Add((bytes.ToArray(), position));
            if (!crash) { _bytes = Put(_bytes, _pending[^1]); }

            disk.Step();
        }

        public int Read(Span<byte> destination, long position)
        {
            var available = _bytes.AsSpan((int)Math.Min(position, _bytes.Length));
            var count = Math.Min(available.Length, destination.Length);
            available[..count].CopyTo(destination);
            return count;
        }

        public void Flush()
        {
            disk.Step();
            _durable = _bytes;
            _pending.Clear();
        }

        public void SetLength(long length)
        {
            disk.Step();
            _pending.Add((null, length));
            _bytes = Put(_bytes, _pending[^1]);
        }

        public void Dispose()
        {
        }

        public void LosePower(Random random)
        {
            var kept = random.Next(_pending.Count + 1);
            foreach (var change in _pending.Take(kept)) { _durable = Put(_durable, change); }

            if (kept < _pending.Count && _pending[kept] is ({ } torn, var at)) { _durable = Put(_durable, (torn[..random.Next(torn.Length + 1)], at)); }

            _pending.Clear();
            _bytes = _durable;
        }

        private static byte[] Put(byte[] file, (byte[]? Bytes, long Position) change)
        {
            var (bytes, position) = change;
            var result = new byte[bytes is null ? position : Math.Max(file.Length, position + bytes.Length)];
            file.AsSpan(0, Math.Min(file.Length, result.Length)).CopyTo(result);
            bytes?.CopyTo(result, position);
            return result;
        }
    }
}
