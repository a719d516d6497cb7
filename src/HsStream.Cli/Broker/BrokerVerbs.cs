using System.CommandLine;

namespace HsStream.Cli.Broker;

/// <summary><c>hsstream broker ...</c>: look into the broker, running or stopped.</summary>
internal static class BrokerVerbs
{
    public static Command Describe() => new("broker", "Look into the broker and its files.")
    {
        DumpVerb.Describe(),
        VerifyVerb.Describe(),
        TransactionsVerb.Describe(),
        GroupsVerb.Describe(),
    };

    public static Option<string> Bootstrap() => new("--bootstrap")
    {
        Description = "Address of the running broker.",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => $"127.0.0.1:{Up.UpVerb.KafkaPort}",
    };
}
