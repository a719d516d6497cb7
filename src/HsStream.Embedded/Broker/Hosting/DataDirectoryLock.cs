using System.Globalization;

namespace HsStream.Embedded.Broker.Hosting;

/// <summary>Holds a data directory for one process; the system lets go of it when the process dies, however it dies.</summary>
internal sealed class DataDirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file) => _file = file;

    /// <exception cref="BrokerStartException">Another process holds it, or the directory cannot be written.</exception>
    public static DataDirectoryLock Take(string directory)
    {
        var path = Path.Combine(directory, "broker.lock");
        try
        {
            Directory.CreateDirectory(directory);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
            return new DataDirectoryLock(file);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new BrokerStartException($"Expected a data directory that can be written, got {directory}: {exception.Message}", exception);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new BrokerStartException($"Another broker uses the data directory {directory}; stop it first.", exception);
        }
        catch (IOException exception)
        {
            throw new BrokerStartException($"Expected a data directory that can be written, got {directory}: {exception.Message}", exception);
        }
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>The broker cannot start; the message says what, where and what was expected, in one line.</summary>
public sealed class BrokerStartException(string message, Exception? inner = null) : Exception(message, inner);
