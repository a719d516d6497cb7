using HsStream.Cli;
using HsStream.Cli.Connect;
using Xunit;

namespace HsStream.UnitTests.Cli;

public sealed class ConnectionsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hsstream-unit-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Without_anything_they_are_the_defaults_of_up()
    {
        var found = Find();
        Assert.Equal(("127.0.0.1:9092", "http://127.0.0.1:8081", null), (found.BootstrapServers, found.Registry, found.Http));
        Assert.Contains("Port=54320", found.Postgres, StringComparison.Ordinal);
        Assert.Contains($"Passfile={_folder.FullName}/postgres/pgpass", found.Postgres, StringComparison.Ordinal);
        Assert.Contains("no hsstream up runs", found.Origin, StringComparison.Ordinal);
    }

    [Fact]
    public void A_running_up_is_found_through_its_file()
    {
        new Endpoints("127.0.0.1:1001", "http://127.0.0.1:1002", "Host=1003", "http://127.0.0.1:1004", "/models", 5).WriteTo(_folder.FullName);
        var found = Find();
        Assert.Equal(("127.0.0.1:1001", "http://127.0.0.1:1002", "Host=1003", "http://127.0.0.1:1004"), (found.BootstrapServers, found.Registry, found.Postgres, found.Http));
        Endpoints.Remove(_folder.FullName);
        Assert.Equal("127.0.0.1:9092", Find().BootstrapServers);
    }

    [Fact]
    public void Options_win_over_the_environment_and_that_over_a_running_up()
    {
        new Endpoints("up:1", "http://up:2", "Host=up", "http://up:4", null, 5).WriteTo(_folder.FullName);
        var variables = new Dictionary<string, string?> { [Connections.KafkaVariable] = "env:1", [Connections.RegistryVariable] = "http://env:2", [Connections.PostgresVariable] = "" };
        var found = Connections.Find("option:1", null, null, null, _folder.FullName, variables.GetValueOrDefault);
        Assert.Equal(("option:1", "http://env:2", "Host=up", null), (found.BootstrapServers, found.Registry, found.Postgres, found.Http));
        Assert.Equal("as named", found.Origin);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"kafka\": 7}")]
    public void A_file_that_cannot_be_read_says_what_to_do(string content)
    {
        File.WriteAllText(Endpoints.PathIn(_folder.FullName), content);
        var refused = Assert.Throws<OperatorException>(() => Find());
        Assert.Contains(Endpoints.PathIn(_folder.FullName), refused.Message, StringComparison.Ordinal);
        Assert.Contains("--bootstrap-servers", refused.Message, StringComparison.Ordinal);
    }

    private Connections Find() => Connections.Find(null, null, null, null, _folder.FullName, _ => null);
}
