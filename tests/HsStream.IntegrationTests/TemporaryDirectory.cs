namespace HsStream.IntegrationTests;

/// <summary>A folder of one test, open to its owner alone, removed with everything in it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hsstream-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
