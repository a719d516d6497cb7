using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HsStream.Embedded.Broker.Disk;

/// <summary>The machine's own file system.</summary>
internal sealed partial class RealDisk : IDisk
{
    public IDiskFile OpenOrCreate(string path) =>
        new RealFile(File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));

    public IDiskFile OpenRead(string path) =>
        new RealFile(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

    public bool FileExists(string path) => File.Exists(path);

    public bool DirectoryExists(string path) => Directory.Exists(path);

    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public IReadOnlyList<string> ListFiles(string directory) => Names(Directory.EnumerateFiles(directory));

    public IReadOnlyList<string> ListDirectories(string directory) => Names(Directory.EnumerateDirectories(directory));

    public void Rename(string from, string to)
    {
        if (Directory.Exists(from))
        {
            Directory.Move(from, to);
        }
        else
        {
            File.Move(from, to, overwrite: true);
        }
    }

    public void DeleteFile(string path) => File.Delete(path);

    public void DeleteDirectory(string path)
    {
        if (Directory.Exists(path)) { Directory.Delete(path, recursive: true); }
    }

    /// <remarks>Windows makes names durable by itself and cannot open a folder as a file.</remarks>
    public void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows()) { return; }

        var descriptor = OpenDescriptor(path, 0);
        if (descriptor < 0) { throw SystemError("open", path); }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (SyncAll(handle) != 0) { throw SystemError("fsync", path); }
    }

    public long FreeBytes(string path) => new DriveInfo(path).AvailableFreeSpace;

    private static List<string> Names(IEnumerable<string> paths)
    {
        var names = paths.Select(path => Path.GetFileName(path)).ToList();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static IOException SystemError(string call, string path)
    {
        var code = Marshal.GetLastPInvokeError();
        return new IOException($"{call} of {path} failed: {Marshal.GetPInvokeErrorMessage(code)}", code);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDescriptor(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncAll(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncData(SafeFileHandle handle);

    private sealed class RealFile(SafeFileHandle handle) : IDiskFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public void Write(ReadOnlySpan<byte> bytes, long position)
        {
            try
            {
                RandomAccess.Write(handle, bytes, position);
            }
            catch (ArgumentOutOfRangeException refused)
            {
                // What .NET makes of EFBIG, the file system's or the process's limit on a file: for us a disk without room.
                throw new IOException($"The system allows no file of {position + bytes.Length} bytes.", refused);
            }
        }

        public int Read(Span<byte> destination, long position)
        {
            var total = 0;
            while (total < destination.Length)
            {
                var read = RandomAccess.Read(handle, destination[total..], position + total);
                if (read == 0) { break; }

                total += read;
            }

            return total;
        }

        /// <remarks>fdatasync leaves the time of modification out; the length, which readers need, is included (POSIX).</remarks>
        public void Flush()
        {
            if (!OperatingSystem.IsLinux())
            {
                RandomAccess.FlushToDisk(handle);
            }
            else if (SyncData(handle) != 0)
            {
                throw SystemError("fdatasync", "a file");
            }
        }

        public void SetLength(long length) => RandomAccess.SetLength(handle, length);

        public void Dispose() => handle.Dispose();
    }
}
