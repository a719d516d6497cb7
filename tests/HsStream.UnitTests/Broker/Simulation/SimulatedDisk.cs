using HsStream.Embedded.Broker.Disk;

namespace HsStream.UnitTests.Broker.Simulation;

/// <summary>The power went: thrown by the operation at which a <see cref="SimulatedDisk"/> was told to crash, and by all after it.</summary>
/// <remarks>Not an <see cref="IOException"/>, so that no code under test handles it.</remarks>
public sealed class SimulatedCrashException() : Exception("The simulated machine lost its power.");

/// <summary>
/// A file system in memory that knows what was flushed. <see cref="PowerLoss"/> keeps any prefix of what was not, per file and folder;
/// <see cref="ProcessDeath"/> keeps everything.
/// </summary>
/// <remarks>Thread-safe. Files opened before a crash throw <see cref="SimulatedCrashException"/> for ever after.</remarks>
internal sealed class SimulatedDisk : IDisk
{
    /// <summary>For <see cref="FreeSpace"/>: no limit that a test reaches.</summary>
    public const long Plenty = 1L << 50;

    private const int DiskFull = unchecked((int)0x80070070);

    private readonly Lock _lock = new();
    private readonly FolderNode _root = new();
    private int _epoch;
    private bool _isDown;
    private long _crashAt = long.MaxValue;
    private Func<string, bool> _failFlush = static _ => false;

    /// <summary>Changes so far: writes, changes of length, flushes, creations, renames, deletions.</summary>
    public long Operations { get; private set; }

    /// <summary>Bytes by which files may still grow; a write beyond is cut short and fails as on a full disk.</summary>
    public long FreeSpace { get; set; } = Plenty;

    public long Flushes { get; private set; }

    /// <summary>Loses the power at the n-th change from now: it happens in part (a write) or not at all, and throws.</summary>
    public void CrashAfter(long operations)
    {
        lock (_lock) { _crashAt = Operations + operations; }
    }

    /// <summary>Makes flushes of matching paths fail; as on Linux, what was to be flushed counts as clean afterwards and is lost with the power.</summary>
    public void FailFlushes(Func<string, bool> matches)
    {
        lock (_lock) { _failFlush = matches; }
    }

    /// <summary>What is on the disk after a loss of power: of each file's and folder's unflushed changes a prefix that <paramref name="random"/> picks.</summary>
    public void PowerLoss(Random random)
    {
        lock (_lock)
        {
            _root.LosePower(random);
            Restart();
        }
    }

    /// <summary>What is on the disk after the process died: all it wrote.</summary>
    public void ProcessDeath()
    {
        lock (_lock) { Restart(); }
    }

    /// <summary>Changes a file behind everyone's back, as bit rot does; durable at once.</summary>
    public void Corrupt(string path, Func<byte[], byte[]> change)
    {
        lock (_lock) { File(path).Replace(change(File(path).Content())); }
    }

    public byte[] Content(string path)
    {
        lock (_lock) { return File(path).Content(); }
    }

    public IDiskFile OpenOrCreate(string path)
    {
        lock (_lock)
        {
            var (folder, name) = Parent(path);
            if (!folder.Current.TryGetValue(name, out var node))
            {
                Change();
                node = new FileNode();
                folder.Apply(entries => entries[name] = node);
            }

            return new OpenFile(this, path, (FileNode)node);
        }
    }

    public IDiskFile OpenRead(string path)
    {
        lock (_lock)
        {
            Check();
            return new OpenFile(this, path, File(path));
        }
    }

    public bool FileExists(string path)
    {
        lock (_lock) { return Find(path) is FileNode; }
    }

    public bool DirectoryExists(string path)
    {
        lock (_lock) { return Find(path) is FolderNode; }
    }

    public void CreateDirectory(string path)
    {
        lock (_lock)
        {
            var folder = _root;
            foreach (var name in Parts(path))
            {
                if (!folder.Current.TryGetValue(name, out var node))
                {
                    Change();
                    node = new FolderNode();
                    folder.Apply(entries => entries[name] = node);
                }

                folder = (FolderNode)node;
            }
        }
    }

    public IReadOnlyList<string> ListFiles(string directory) => List<FileNode>(directory);

    public IReadOnlyList<string> ListDirectories(string directory) => List<FolderNode>(directory);

    /// <remarks>Only within one folder, where it is atomic.</remarks>
    public void Rename(string from, string to)
    {
        lock (_lock)
        {
            Change();
            var (folder, oldName) = Parent(from);
            var (target, newName) = Parent(to);
            if (folder != target) { throw new NotSupportedException("Renames stay within a folder."); }

            var node = folder.Current.GetValueOrDefault(oldName) ?? throw new FileNotFoundException(null, from);
            folder.Apply(entries =>
            {
                entries.Remove(oldName);
                entries[newName] = node;
            });
        }
    }

    public void DeleteFile(string path)
    {
        lock (_lock)
        {
            if (Find(path) is not FileNode) { return; }

            Change();
            var (folder, name) = Parent(path);
            folder.Apply(entries => entries.Remove(name));
        }
    }

    public void DeleteDirectory(string path)
    {
        lock (_lock)
        {
            if (Find(path) is not FolderNode) { return; }

            Change();
            var (folder, name) = Parent(path);
            folder.Apply(entries => entries.Remove(name));
        }
    }

    public void FlushDirectory(string path)
    {
        lock (_lock)
        {
            Change();
            FailIfTold(path);
            ((FolderNode)(Find(path) ?? throw new DirectoryNotFoundException(path))).Flush();
        }
    }

    public long FreeBytes(string path) => FreeSpace;

    private static string[] Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private void Restart()
    {
        _epoch++;
        _isDown = false;
        _crashAt = long.MaxValue;
        _failFlush = static _ => false;
    }

    private void Check()
    {
        if (_isDown) { throw new SimulatedCrashException(); }
    }

    private void Change(Action? inPart = null)
    {
        Check();
        Operations++;
        if (Operations < _crashAt) { return; }

        inPart?.Invoke();
        _isDown = true;
        throw new SimulatedCrashException();
    }

    private void FailIfTold(string path)
    {
        if (_failFlush(path)) { throw new IOException($"Simulated: flushing {path} failed."); }
    }

    private List<string> List<T>(string directory)
    {
        lock (_lock)
        {
            Check();
            var folder = (FolderNode)(Find(directory) ?? throw new DirectoryNotFoundException(directory));
            return [.. folder.Current.Where(entry => entry.Value is T).Select(entry => entry.Key).Order(StringComparer.Ordinal)];
        }
    }

    private Node? Find(string path)
    {
        Node? node = _root;
        foreach (var name in Parts(path)) { node = (node as FolderNode)?.Current.GetValueOrDefault(name); }

        return node;
    }

    private FileNode File(string path) => Find(path) as FileNode ?? throw new FileNotFoundException(null, path);

    private (FolderNode Folder, string Name) Parent(string path)
    {
        Check();
        var folder = Find(Path.GetDirectoryName(path)!) as FolderNode ?? throw new DirectoryNotFoundException(path);
        return (folder, Path.GetFileName(path));
    }

    private sealed class OpenFile(SimulatedDisk disk, string path, FileNode node) : IDiskFile
    {
        private readonly int _epoch = disk._epoch;

        public long Length => Do(() => (long)node.Length);

        public void Write(ReadOnlySpan<byte> bytes, long position)
        {
            var copy = bytes.ToArray();
            Do(() =>
            {
                disk.Change(() => node.Write(copy[..(copy.Length / 2)], position));
                var growth = Math.Max(0, position + copy.Length - node.Length);
                if (growth > disk.FreeSpace)
                {
                    node.Write(copy[..(int)Math.Max(0, copy.Length - (growth - disk.FreeSpace))], position);
                    disk.FreeSpace = 0;
                    throw new IOException("No space left on device (simulated).", DiskFull);
                }

                disk.FreeSpace -= growth;
                node.Write(copy, position);
                return 0;
            });
        }

        public int Read(Span<byte> destination, long position)
        {
            lock (disk._lock)
            {
                Alive();
                return node.Read(destination, position);
            }
        }

        public void Flush() => Do(() =>
        {
            disk.Change();
            disk.Flushes++;
            try
            {
                disk.FailIfTold(path);
            }
            catch (IOException)
            {
                node.Forget();
                throw;
            }

            node.Flush();
            return 0;
        });

        public void SetLength(long length) => Do(() =>
        {
            disk.Change();
            disk.FreeSpace += Math.Max(0, node.Length - length);
            node.SetLength((int)length);
            return 0;
        });

        public void Dispose()
        {
        }

        private T Do<T>(Func<T> action)
        {
            lock (disk._lock)
            {
                Alive();
                return action();
            }
        }

        private void Alive()
        {
            disk.Check();
            if (_epoch != disk._epoch) { throw new SimulatedCrashException(); }
        }
    }
}
