using Confluent.Kafka;
using HsStream.Domain.Messages;
using HsStream.Streaming;

namespace HsStream.Service.Health;

/// <summary>Whether Kafka and the schema registry answer.</summary>
internal sealed class KafkaDependencies : IDisposable
{
    public const string Kafka = "kafka";
    public const string Registry = "registry";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly KafkaSettings _settings;
    private readonly IAdminClient _admin;
    private readonly HttpClient _http = new() { Timeout = Patience };

    public KafkaDependencies(KafkaSettings settings)
    {
        _settings = settings;
        var config = new AdminClientConfig { BootstrapServers = settings.BootstrapServers, ClientId = settings.ClientId + "-health" };
        foreach (var (key, value) in settings.ClientProperties) { config.Set(key, value); }
        // What is wrong is said by the answer; the client's own log says it again.
        _admin = new AdminClientBuilder(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
    }

    public async Task<string?> AskKafkaAsync(CancellationToken cancellationToken)
    {
        var topics = (await Task.Run(() => _admin.GetMetadata(Patience), cancellationToken)).Topics
            .Where(topic => topic.Error.Code == ErrorCode.NoError).Select(topic => topic.Topic).ToHashSet(StringComparer.Ordinal);
        var missing = Topics.All.Where(topic => !topics.Contains(topic)).ToList();
        return missing.Count == 0 ? null : $"topics are missing: {string.Join(", ", missing)}";
    }

    public async Task<string?> AskRegistryAsync(CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        foreach (var url in _settings.SchemaRegistryUrl.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            try
            {
                using var response = await _http.GetAsync(new Uri(new Uri(url.TrimEnd('/') + "/"), "subjects"), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                // One that wants a password answers too.
                if ((int)response.StatusCode < 500) { return null; }
                problems.Add($"{url} answers {(int)response.StatusCode}");
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                problems.Add($"{url}: {e.Message}");
            }
        }

        return string.Join("; ", problems);
    }

    public void Dispose()
    {
        _admin.Dispose();
        _http.Dispose();
    }
}
