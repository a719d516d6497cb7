namespace HsStream.Embedded.Broker.Disk;

/// <summary>Keeps a second process out of a data directory for as long as it is held; ends with the process.</summary>
internal sealed class DataDirectoryLock : IDisposable
{
    public const string FileName = "lock";

    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file) => _file = file;

    /// <exception cref="IOException">Another process holds the directory, or it cannot be written.</exception>
    public static DataDirectoryLock Acquire(string dataDirectory)
    {
        Directory.CreateDirectory(dataDirectory);
        var path = Path.Combine(dataDirectory, FileName);
        try
        {
            // FileShare.None is an advisory lock of the whole file on Unix.
            return new DataDirectoryLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException failure) when (File.Exists(path))
        {
            throw new IOException($"{dataDirectory} is in use by another process.", failure);
        }
    }

    public void Dispose() => _file.Dispose();
}
