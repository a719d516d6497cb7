using System.Text;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using HsStream.Embedded.Registry;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HsStream.IntegrationTests.Registry;

/// <summary>The registries of one test, over a schemas topic of its own.</summary>
internal sealed class RegistryScope(string bootstrap) : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<SchemaRegistryServer> _servers = [];
    private readonly List<HttpClient> _clients = [];

    public string Bootstrap { get; } = bootstrap;

    public string Topic { get; } = $"_schemas-{Guid.NewGuid():N}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async Task<SchemaRegistryServer> StartAsync(TimeSpan? writeTimeout = null)
    {
        var server = await SchemaRegistryServer.StartAsync(Options(writeTimeout), NullLoggerFactory.Instance, TimeProvider.System, Cancel);
        _servers.Add(server);
        return server;
    }

    public SchemaRegistryOptions Options(TimeSpan? writeTimeout = null, int port = 0) => new()
    {
        Port = port,
        BootstrapServers = Bootstrap,
        Topic = Topic,
        WriteTimeout = writeTimeout ?? TimeSpan.FromSeconds(30),
        StartTimeout = TimeSpan.FromSeconds(30),
    };

    public async Task StopAsync(SchemaRegistryServer server)
    {
        _servers.Remove(server);
        await server.DisposeAsync();
    }

    public HttpClient Http(SchemaRegistryServer server)
    {
        var client = new HttpClient { BaseAddress = server.Url, Timeout = Patience };
        _clients.Add(client);
        return client;
    }

    public IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Bootstrap }).SetLogHandler((_, _) => { }).Build();

    /// <summary>Everything committed in the schemas topic, oldest first.</summary>
    public List<ConsumeResult<byte[], byte[]?>> ReadTopic()
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]?>(new ConsumerConfig
        {
            BootstrapServers = Bootstrap,
            GroupId = Topic,
            EnablePartitionEof = true,
            EnableAutoCommit = false,
            IsolationLevel = IsolationLevel.ReadCommitted,
        }).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(new TopicPartitionOffset(Topic, 0, Offset.Beginning));
        var records = new List<ConsumeResult<byte[], byte[]?>>();
        var deadline = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(deadline) < Patience)
        {
            if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is not { } result) { continue; }
            if (result.IsPartitionEOF) { return records; }
            records.Add(result);
        }
        throw new TimeoutException($"The end of {Topic} was not reached; read {records.Count} records.");
    }

    public static async Task<JsonNode> RegisterAsync(HttpClient http, string subject, string schema)
    {
        var (status, body) = await SendAsync(http, HttpMethod.Post, $"subjects/{Uri.EscapeDataString(subject)}/versions", Body(schema));
        Assert.True(status == 200, $"{status} {body}");
        return body!;
    }

    public static string Body(string schema) => new JsonObject { ["schema"] = schema }.ToJsonString();

    public static async Task<(int Status, JsonNode? Body)> SendAsync(HttpClient http, HttpMethod method, string target, string? body = null)
    {
        using var request = new HttpRequestMessage(method, target);
        if (body is not null) { request.Content = new StringContent(body, Encoding.UTF8, "application/vnd.schemaregistry.v1+json"); }
        using var response = await http.SendAsync(request, Cancel);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel)));
    }

    public static async Task WaitAsync(Func<Task<bool>> condition, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience) { throw new TimeoutException($"Waited {Patience} for {what}."); }
            await Task.Delay(50, Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) { client.Dispose(); }
        foreach (var server in _servers) { await server.DisposeAsync(); }
        using var admin = Admin();
        try
        {
            await admin.DeleteTopicsAsync([Topic], new DeleteTopicsOptions { RequestTimeout = TimeSpan.FromSeconds(5) });
        }
        catch (KafkaException)
        {
            // The broker is gone with everything in it, or the topic was never made.
        }
    }
}
