using System.CommandLine;
using System.Globalization;
using System.Net;

namespace HsStream.Cli;

/// <summary>Options that several verbs share.</summary>
internal static class CommonOptions
{
    public static Option<string> DataDirectory() => new("--data-dir")
    {
        Description = "Folder of all data: topics, schemas and the database.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Cli.DataDirectory.Default,
    };

    public static Option<bool> Json(string what) => new("--json") { Description = what };

    public static Option<int> Port(string name, int standard, string what) => new(name)
    {
        Description = $"Port of the {what} on 127.0.0.1; 0 takes a free one.",
        HelpName = "PORT",
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort) { return port; }
            result.AddError($"{name} is '{text}'; expected a port from 0 to {IPEndPoint.MaxPort}");
            return 0;
        },
    };

    /// <summary>Names with values; of a name given twice the last value counts.</summary>
    public static Option<Dictionary<string, string>> Settings(string name, string what) => new(name)
    {
        Description = what,
        HelpName = "NAME=VALUE",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
        CustomParser = result =>
        {
            var settings = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var token in result.Tokens)
            {
                var equals = token.Value.IndexOf('=', StringComparison.Ordinal);
                if (equals <= 0) { result.AddError($"{name} is '{token.Value}'; expected NAME=VALUE"); } else { settings[token.Value[..equals]] = token.Value[(equals + 1)..]; }
            }

            return settings;
        },
    };

    /// <summary>A number that must be at least <paramref name="least"/>; null when it is not given.</summary>
    public static Option<long?> Number(string name, long least, string what) => new(name)
    {
        Description = what,
        HelpName = "N",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least) { return number; }
            result.AddError($"{name} is '{text}'; expected a whole number from {least} on");
            return null;
        },
    };
}
