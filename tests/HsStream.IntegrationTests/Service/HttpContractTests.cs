using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using HsStream.Domain.Messages;
using HsStream.Service.Configuration;
using HsStream.Service.Console;
using HsStream.Streaming.Codecs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Prometheus;
using Xunit;

namespace HsStream.IntegrationTests.Service;

/// <summary>What the console answers to whom, without Kafka behind it.</summary>
public sealed class HttpContractTests : IAsyncLifetime
{
    private readonly Shelf _shelf = new();
    private readonly HttpClient _http = new();
    private WebApplication? _web;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var options = new ConsoleOptions { MaxBodyBytes = 4096, MaxLineBytes = 512, MaxLines = 5 };
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore().AddSingleton(options).AddSingleton(new MessageLimits()).AddSingleton(TimeProvider.System)
            .AddSingleton<IMetricFactory>(Metrics.WithCustomRegistry(Metrics.NewCustomRegistry())).AddSingleton<IDescriptionPublisher>(_shelf).AddIntake(options);
        _web = builder.Build();
        _web.MapDescriptions();
        await _web.StartAsync(Stop);
        _http.BaseAddress = new Uri(_web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _web!.DisposeAsync();
    }

    [Theory]
    [InlineData("{\"text\":\"LAMP\"", "application/json", null, 400, "body")]
    [InlineData("", "application/json", null, 400, "body")]
    [InlineData("{\"text\":\" \"}", "application/json", null, 400, "text")]
    [InlineData("{\"text\":\"LAMP\",\"description_id\":\"../../x\"}", "application/json", null, 400, "description_id")]
    [InlineData("{\"text\":\"LAMP\",\"colour\":1}", "application/json", null, 400, "colour")]
    [InlineData("{\"text\":\"LAMP\"}", "text/plain", null, 415, "Content-Type")]
    [InlineData("{\"text\":\"LAMP\"}", "application/json;charset=latin1", null, 415, "Content-Type")]
    [InlineData("{\"text\":\"LAMP\"}", "application/json", "", 400, "Idempotency-Key")]
    [InlineData("\n\n", "application/x-ndjson", null, 400, "body")]
    [InlineData("{}\n{}\n{}\n{}\n{}\n{}\n", "application/x-ndjson", null, 413, "body")]
    public async Task A_refusal_is_a_problem_that_names_the_field(string body, string type, string? key, int status, string field)
    {
        var (code, answer, media) = await PostAsync(body, type, key);
        Assert.Equal((status, "application/problem+json"), (code, media));
        var problem = JsonNode.Parse(answer)!;
        Assert.Equal((status, field), ((int)problem["status"]!, (string?)problem["field"]));
        Assert.NotEmpty((string)problem["expected"]!);
        Assert.NotNull(problem["arrived"]);
        Assert.Empty(_shelf.Taken);
    }

    [Fact]
    public async Task Bodies_over_the_limits_are_413()
    {
        var large = $$"""{"text":"{{new string('x', 600)}}"}""";
        Assert.Equal(413, (await PostAsync(large)).Status);
        Assert.Equal(413, (await PostAsync(new string(' ', 5000), "application/x-ndjson")).Status);
        var (status, answer, _) = await PostAsync($"{{\"text\":\"LAMP\"}}\n{large}", "application/x-ndjson");
        Assert.Equal((207, 413), (status, (int)JsonNode.Parse(answer.Split('\n')[1])!["status"]!));
    }

    [Fact]
    public async Task Every_line_of_a_bulk_request_gets_its_answer()
    {
        var (status, answer, media) = await PostAsync("{\"text\":\"LAMP\",\"description_id\":\"a\"}\n\n{\"text\":7}\r\n{\"text\":\"BOLT\"}", "application/x-ndjson");
        Assert.Equal((207, "application/x-ndjson"), (status, media));
        var lines = answer.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal([(1, 202), (3, 400), (4, 202)], lines.Select(line => ((int)line["line"]!, (int)line["status"]!)));
        Assert.Equal(("a", "text"), ((string?)lines[0]["description_id"], (string?)lines[1]["field"]));
        Assert.Equal(["LAMP", "BOLT"], _shelf.Taken.Select(d => d.Text));
        Assert.Equal(_shelf.Taken[1].DescriptionId, (string?)lines[2]["description_id"]);
    }

    [Fact]
    public async Task A_repeated_idempotency_key_publishes_once_and_another_body_is_422()
    {
        var first = await PostAsync("""{"text":"LAMP"}""", key: "k1");
        var second = await PostAsync("""{"text":"LAMP"}""", key: "k1");
        Assert.Equal((202, first.Body), (second.Status, second.Body));
        Assert.Equal(DescriptionIds.Derive("k1", 0), Assert.Single(_shelf.Taken).DescriptionId);
        Assert.Equal(422, (await PostAsync("""{"text":"BOLT"}""", key: "k1")).Status);
        Assert.Single(_shelf.Taken);
    }

    [Fact]
    public async Task When_Kafka_is_away_the_answer_is_503_with_what_was_done()
    {
        _shelf.FailsAt = "BOLT";
        var (status, answer, _) = await PostAsync("{\"text\":\"LAMP\"}\n{\"text\":\"BOLT\"}", "application/x-ndjson", "k2");
        Assert.Equal(503, status);
        Assert.Equal([202, 503], answer.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (int)JsonNode.Parse(line)!["status"]!));
        _shelf.FailsAt = null;
        Assert.Equal(202, (await PostAsync("{\"text\":\"LAMP\"}\n{\"text\":\"BOLT\"}", "application/x-ndjson", "k2")).Status);
        Assert.Equal(["LAMP", "BOLT"], _shelf.Taken.Select(d => d.Text));
        _shelf.FailsAt = "LAMP";
        using var request = Request("""{"text":"LAMP"}""", "application/json", null);
        using var response = await _http.SendAsync(request, Stop);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "5"), (response.StatusCode, response.Headers.RetryAfter?.ToString()));
    }

    private static HttpRequestMessage Request(string body, string type, string? key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/descriptions") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (key is not null) { request.Headers.TryAddWithoutValidation("Idempotency-Key", key); }
        return request;
    }

    private async Task<(int Status, string Body, string? Media)> PostAsync(string body, string type = "application/json", string? key = null)
    {
        using var request = Request(body, type, key);
        using var response = await _http.SendAsync(request, Stop);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Stop), response.Content.Headers.ContentType?.MediaType);
    }

    private sealed class Shelf : IDescriptionPublisher
    {
        public List<ProductDescription> Taken { get; } = [];

        public string? FailsAt { get; set; }

        public Task PublishAsync(ProductDescription description, CancellationToken cancellationToken)
        {
            if (description.Text == FailsAt) { throw new PublishFailedException("away"); }
            Taken.Add(description);
            return Task.CompletedTask;
        }
    }
}
