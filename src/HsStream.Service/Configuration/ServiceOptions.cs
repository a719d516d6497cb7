using System.ComponentModel.DataAnnotations;
using HsStream.Scoring.Onnx;
using HsStream.Store;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.Setup;
using Npgsql;

namespace HsStream.Service.Configuration;

/// <summary>Everything that a process of the service can be told; docs/configuration.md lists the keys.</summary>
public sealed record ServiceOptions
{
    /// <summary>Names with commas between them; see <see cref="Configuration.Roles"/>.</summary>
    [Required]
    public string Roles { get; init; } = "";

    public KafkaSettings Kafka { get; init; } = new();

    public MessageLimits Messages { get; init; } = new();

    public TopicOptions Topics { get; init; } = new();

    public HttpOptions Http { get; init; } = new();

    public ModelsOptions Models { get; init; } = new();

    public ScoringOptions Scoring { get; init; } = new();

    public ScorerOptions Scorer { get; init; } = new();

    /// <summary>The ledger's database; for the roles ledger and console.</summary>
    public LedgerOptions Ledger { get; init; } = new();

    public RecorderOptions Recorder { get; init; } = new();

    public ConsoleOptions Console { get; init; } = new();

    public TelemetryOptions Telemetry { get; init; } = new();

    /// <summary>Checks every value that the roles will read.</summary>
    /// <exception cref="ConfigurationException">Names the key, what was expected and what arrived.</exception>
    public IReadOnlySet<Role> Validate()
    {
        var roles = Configuration.Roles.Parse(Roles);
        OptionsCheck.Values(this, roles.Contains(Role.Ledger) || roles.Contains(Role.Console) ? new HashSet<string>() : new HashSet<string> { nameof(Ledger) });
        RequireConnectionString();
        return roles;
    }

    private void RequireConnectionString()
    {
        try
        {
            _ = new NpgsqlConnectionStringBuilder(Ledger.ConnectionString);
        }
        catch (ArgumentException)
        {
            // Neither the value nor the message, which may hold a password.
            throw new ConfigurationException("Ledger:ConnectionString", "expected an Npgsql connection string such as Host=127.0.0.1;Port=5432;Username=hsstream;Database=hsstream");
        }
    }
}

/// <summary>Section <c>Http</c>: health, metrics and, with the role console, the API.</summary>
public sealed record HttpOptions
{
    /// <summary>Address to listen on; <c>*</c> is every one.</summary>
    [Required]
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>0 takes a free one.</summary>
    [Range(0, 65535)]
    public int Port { get; init; } = 8088;
}

/// <summary>Section <c>Models</c>: where bundles come from.</summary>
public sealed record ModelsOptions
{
    /// <summary>Bundles on this machine, and those that were downloaded.</summary>
    [Required]
    public string Directory { get; init; } = "models";

    /// <summary>A console from which missing bundles are fetched, such as <c>http://console:8088</c>; none when empty.</summary>
    public string Url { get; init; } = "";

    /// <summary>Of one file of a bundle.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan DownloadTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How soon a bundle that could not be used is tried again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>All files of a bundle together.</summary>
    [Range(1024, 2_000_000_000)]
    public long MaxBundleBytes { get; init; } = 40_000_000;
}

/// <summary>Section <c>Telemetry</c>.</summary>
public sealed record TelemetryOptions
{
    /// <summary>Where traces are sent by OTLP over gRPC, such as <c>http://collector:4317</c>; no traces when empty.</summary>
    public string OtlpEndpoint { get; init; } = "";

    /// <summary>Share of new traces that are kept; one that a producer began follows its decision.</summary>
    [Range(0.0, 1.0)]
    public double SampleRatio { get; init; } = 0.01;
}
