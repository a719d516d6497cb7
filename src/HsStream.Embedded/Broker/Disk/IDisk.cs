namespace HsStream.Embedded.Broker.Disk;

/// <summary>The file operations the broker's storage uses, so that tests can crash a disk at any of them.</summary>
/// <remarks>
/// Written bytes survive the death of the process at once and the death of the machine after <see cref="IDiskFile.Flush"/>.
/// A created, renamed or deleted name survives the death of the machine after <see cref="FlushDirectory"/> of its folder.
/// Failures are <see cref="IOException"/> (with the system's HResult for a full disk) or <see cref="UnauthorizedAccessException"/>.
/// </remarks>
internal interface IDisk
{
    /// <summary>Opens a file for reading and writing, creating it empty when it is not there.</summary>
    IDiskFile OpenOrCreate(string path);

    /// <summary>Opens an existing file for reading only.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    IDiskFile OpenRead(string path);

    bool FileExists(string path);

    bool DirectoryExists(string path);

    void CreateDirectory(string path);

    /// <summary>Names (without folder) of the files in a folder, in ordinal order.</summary>
    IReadOnlyList<string> ListFiles(string directory);

    /// <summary>Names (without parent) of the folders in a folder, in ordinal order.</summary>
    IReadOnlyList<string> ListDirectories(string directory);

    /// <summary>Moves a file or folder; replaces an existing file.</summary>
    void Rename(string from, string to);

    void DeleteFile(string path);

    /// <summary>Deletes a folder and all it holds; nothing happens when it is not there.</summary>
    void DeleteDirectory(string path);

    void FlushDirectory(string path);

    /// <summary>Bytes that can still be written to the file system that holds <paramref name="path"/>.</summary>
    long FreeBytes(string path);
}

/// <summary>One open file; positional reads and writes may run at once on several threads.</summary>
internal interface IDiskFile : IDisposable
{
    long Length { get; }

    /// <summary>Writes all bytes at <paramref name="position"/>; on a failure any prefix of them may have been written.</summary>
    void Write(ReadOnlySpan<byte> bytes, long position);

    /// <returns>Bytes read: fewer than asked for only at the end of the file.</returns>
    int Read(Span<byte> destination, long position);

    /// <summary>Returns once all that was written before the call would survive a loss of power.</summary>
    void Flush();

    void SetLength(long length);
}
