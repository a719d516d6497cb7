using HsStream.Embedded.Broker.Disk;

namespace HsStream.Embedded.Broker.Log;

/// <summary>A segment's .log file: opened at its first use, closed after the last one once it is retired.</summary>
/// <remarks>Thread-safe. A retired file may already be unlinked; those who acquired it before read on.</remarks>
/// <param name="writable">Created when it is not there; else it must exist.</param>
internal sealed class SegmentFile(IDisk disk, string path, bool writable)
{
    private readonly Lock _lock = new();
    private IDiskFile? _handle;
    private int _users;
    private bool _retired;

    public string Path { get; private set; } = path;

    /// <summary>The open file; only between <see cref="TryAcquire"/> and <see cref="Release"/>.</summary>
    public IDiskFile Handle => _handle ?? throw new ObjectDisposedException(Path);

    /// <returns>False when the file is retired: the caller takes a newer list of segments.</returns>
    public bool TryAcquire()
    {
        lock (_lock)
        {
            if (_retired) { return false; }

            _handle ??= writable ? disk.OpenOrCreate(Path) : disk.OpenRead(Path);
            _users++;
            return true;
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            _users--;
            CloseIfUnused();
        }
    }

    public void Retire()
    {
        lock (_lock)
        {
            _retired = true;
            CloseIfUnused();
        }
    }

    /// <summary>Gives the file another name on the disk; open handles stay valid.</summary>
    public void Rename(string newPath)
    {
        lock (_lock)
        {
            disk.Rename(Path, newPath);
            Path = newPath;
        }
    }

    private void CloseIfUnused()
    {
        if (_retired && _users == 0)
        {
            _handle?.Dispose();
            _handle = null;
        }
    }
}
