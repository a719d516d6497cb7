using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Disk;

namespace HsStream.Cli.Broker;

/// <summary>The broker's files, read from outside: never written, whether the broker runs or not.</summary>
internal sealed class StoredTopics
{
    private readonly IDisk _disk = new RealDisk();
    private readonly CatalogState _catalog = new();
    private readonly string _directory;

    private StoredTopics(string directory) => _directory = directory;

    public IEnumerable<StoredTopic> Topics => _catalog.Topics.Values.OrderBy(t => t.Name, StringComparer.Ordinal);

    /// <param name="dataDirectory">HsStream's data directory, or the broker's own folder in it.</param>
    public static StoredTopics Open(string dataDirectory)
    {
        var directory = Path.GetFullPath(dataDirectory);
        if (!File.Exists(Path.Combine(directory, CatalogFile.Name))) { directory = DataDirectory.KafkaIn(directory); }
        var path = Path.Combine(directory, CatalogFile.Name);
        if (!File.Exists(path)) { throw new OperatorException($"{Path.GetFullPath(dataDirectory)} holds no broker data; expected {path}"); }

        var stored = new StoredTopics(directory);
        CatalogFile.Replay(File.ReadAllBytes(path), stored._catalog);
        return stored;
    }

    public StoredTopic? Find(string name) => Topics.FirstOrDefault(t => t.Name == name);

    public StoredPartition Partition(StoredTopic topic, int partition) => new(_disk, _directory, topic, partition);

    /// <summary>Whether a broker holds the directory now, and so may be writing.</summary>
    public bool IsInUse()
    {
        try
        {
            using var probe = new FileStream(Path.Combine(_directory, DataDirectoryLock.FileName), FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
