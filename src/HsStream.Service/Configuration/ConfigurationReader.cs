using System.Collections;
using Microsoft.Extensions.Configuration;

namespace HsStream.Service.Configuration;

/// <summary>Reads options from a settings file, the environment and the command line; the later wins.</summary>
internal static class ConfigurationReader
{
    /// <summary>A variable <c>HSSTREAM_Scorer__Workers</c> sets the key <c>Scorer:Workers</c>.</summary>
    public const string Prefix = "HSSTREAM_";

    /// <summary>Variables that the command line has too, without a section.</summary>
    private static readonly (string Variable, string Key)[] Short =
    [
        ("HSSTREAM_ROLES", Roles.Key), ("HSSTREAM_KAFKA", "Kafka:BootstrapServers"), ("HSSTREAM_REGISTRY", "Kafka:SchemaRegistryUrl"),
        ("HSSTREAM_POSTGRES", "Ledger:ConnectionString"), ("HSSTREAM_MODELS", "Models:Directory"),
    ];

    private static readonly Dictionary<string, string> Flags = new(StringComparer.Ordinal)
    {
        ["--roles"] = Roles.Key,
        ["--bootstrap-servers"] = "Kafka:BootstrapServers",
        ["--registry"] = "Kafka:SchemaRegistryUrl",
        ["--postgres"] = "Ledger:ConnectionString",
        ["--models"] = "Models:Directory",
        ["--models-url"] = "Models:Url",
        ["--http-host"] = "Http:Host",
        ["--http-port"] = "Http:Port",
    };

    /// <param name="settingsFile">JSON; skipped when it does not exist.</param>
    /// <param name="arguments"><c>--roles scorer</c>, or any key: <c>--Scorer:Workers 2</c>, <c>--Scorer:Workers=2</c>.</param>
    /// <exception cref="ConfigurationException">Names the key.</exception>
    public static ServiceOptions Read(string settingsFile, IDictionary environment, IReadOnlyList<string> arguments)
    {
        IConfiguration configuration;
        try
        {
            configuration = new ConfigurationBuilder()
                .AddJsonFile(Path.GetFullPath(settingsFile), optional: true, reloadOnChange: false)
                .AddInMemoryCollection(Environment(environment))
                .AddInMemoryCollection(Arguments(arguments))
                .Build();
        }
        catch (Exception e) when (e is InvalidDataException or FormatException)
        {
            throw new ConfigurationException(settingsFile, e.InnerException?.Message ?? e.Message, e);
        }

        return Bind(configuration);
    }

    /// <exception cref="ConfigurationException">An unknown key, or a value that is not of its option's type or against its rule.</exception>
    public static ServiceOptions Bind(IConfiguration configuration)
    {
        OptionsCheck.Keys(configuration, typeof(ServiceOptions));
        ServiceOptions options;
        try
        {
            options = configuration.Get<ServiceOptions>() ?? new ServiceOptions();
        }
        catch (InvalidOperationException e)
        {
            // The binder names the key in quotes: Failed to convert configuration value 'x' at 'Scorer:Workers' to type ...
            var parts = e.Message.Split('\'');
            throw new ConfigurationException(parts.Length > 3 ? parts[3] : "configuration", e.InnerException?.Message ?? e.Message, e);
        }

        options.Validate();
        return options;
    }

    private static Dictionary<string, string?> Environment(IDictionary environment)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (variable, key) in Short)
        {
            if (environment[variable] is string { Length: > 0 } value) { values[key] = value; }
        }

        foreach (DictionaryEntry entry in environment)
        {
            // Other programs of HsStream have variables with this prefix too; none of those has two underscores.
            if (entry.Key is string name && name.StartsWith(Prefix, StringComparison.Ordinal) && name.Contains("__", StringComparison.Ordinal))
            {
                values[name[Prefix.Length..].Replace("__", ":", StringComparison.Ordinal)] = (string?)entry.Value;
            }
        }

        return values;
    }

    private static Dictionary<string, string?> Arguments(IReadOnlyList<string> arguments)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < arguments.Count; i++)
        {
            var (name, value) = arguments[i].IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (arguments[i][..at], arguments[i][(at + 1)..]) : (arguments[i], null);
            if (!name.StartsWith("--", StringComparison.Ordinal)) { throw new ConfigurationException(name, "expected an option that begins with --"); }
            if (!Flags.TryGetValue(name, out var key))
            {
                if (!name.Contains(':', StringComparison.Ordinal)) { throw new ConfigurationException(name, $"not an option; expected one of {string.Join(", ", Flags.Keys)}, or a key such as --Scorer:Workers"); }
                key = name[2..];
            }

            value ??= i + 1 < arguments.Count ? arguments[++i] : throw new ConfigurationException(name, "expected a value after it, got none");
            values[key] = value;
        }

        return values;
    }
}
