using System.CommandLine;

namespace HsStream.Cli.Connect;

/// <summary>The options by which a verb is told where its servers are.</summary>
internal sealed class ConnectionFlags
{
    private readonly Option<string?> _kafka = new("--bootstrap-servers") { Description = $"Kafka; default: {Connections.KafkaVariable}, else the running hsstream up.", HelpName = "HOST:PORT,..." };
    private readonly Option<string?> _registry = new("--registry") { Description = $"Schema registry; default: {Connections.RegistryVariable}, else the running hsstream up.", HelpName = "URL" };
    private readonly Option<string?> _postgres = new("--postgres") { Description = $"Connection string of the ledger's database; default: {Connections.PostgresVariable}, else the running hsstream up.", HelpName = "STRING" };
    private readonly Option<string> _dataDirectory = CommonOptions.DataDirectory();

    public void AddTo(Command verb)
    {
        foreach (var option in (Option[])[_kafka, _registry, _postgres, _dataDirectory]) { verb.Add(option); }
    }

    public string DataDirectory(ParseResult parsed) => Path.GetFullPath(parsed.GetValue(_dataDirectory)!);

    public Connections Read(ParseResult parsed) => Connections.Find(
        parsed.GetValue(_kafka), parsed.GetValue(_registry), parsed.GetValue(_postgres), null, DataDirectory(parsed), Environment.GetEnvironmentVariable);
}
