using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using HsStream.Embedded.Registry;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HsStream.IntegrationTests.Registry;

/// <summary>What a plain HTTP client sees on the wire.</summary>
public sealed class RegistryHttpTests(RegistryKafka kafka)
{
    private const string V1Json = "application/vnd.schemaregistry.v1+json";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("*/*", V1Json)]
    [InlineData("application/json", "application/json")]
    [InlineData("application/vnd.schemaregistry+json", "application/vnd.schemaregistry+json")]
    public async Task Success_and_errors_have_the_content_type_asked_for(string accept, string type)
    {
        await using var scope = await kafka.OpenAsync();
        var http = scope.Http(await scope.StartAsync());
        http.DefaultRequestHeaders.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));

        using var list = await http.GetAsync("subjects", Cancel);
        using var missing = await http.GetAsync("subjects/none/versions", Cancel);

        Assert.Equal((200, type, "[]"), ((int)list.StatusCode, list.Content.Headers.ContentType!.MediaType, await list.Content.ReadAsStringAsync(Cancel)));
        Assert.Equal((404, type), ((int)missing.StatusCode, missing.Content.Headers.ContentType!.MediaType));
        Assert.Equal("""{"error_code":40401,"message":"Subject 'none' not found."}""", await missing.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task A_request_over_the_limit_is_refused_and_the_connection_serves_on()
    {
        await using var scope = await kafka.OpenAsync();
        var http = scope.Http(await scope.StartAsync());
        // Refused on its length, before the body is on its way.
        http.DefaultRequestHeaders.ExpectContinue = true;

        Assert.Equal(413, await PostAsync(http, new string('x', 5 * 1024 * 1024)));
        Assert.Equal(422, await PostAsync(http, RegistryScope.Body("\"" + new string('x', 1024 * 1024) + "\"")));
        Assert.Equal(200, await PostAsync(http, RegistryScope.Body("\"int\"")));

        static async Task<int> PostAsync(HttpClient http, string body)
        {
            using var content = new StringContent(body, Encoding.UTF8, V1Json);
            using var response = await http.PostAsync("subjects/s/versions", content, Cancel);
            return (int)response.StatusCode;
        }
    }

    [Theory]
    [InlineData("GET /subjects/%2e%2e%2f%25/versions HTTP/1.1", "404 Not Found")]
    [InlineData("GET /subjects HTTP/1.1", "200 OK")]
    [InlineData("HEAD /subjects HTTP/1.1", "200 OK")]
    [InlineData("GET /subjects?deleted=%zz&&=&x HTTP/1.1", "200 OK")]
    [InlineData("GET //subjects///s//versions HTTP/1.1", "404 Not Found")]
    [InlineData("GET /schemas/ids/%00 HTTP/1.1", "400 Bad Request")]
    [InlineData("GET /subjects/%ff%fe/versions HTTP/1.1", "404 Not Found")]
    [InlineData("DELETE /config HTTP/1.1", "200 OK")]
    [InlineData("BREW /subjects HTTP/1.1", "405 Method Not Allowed")]
    [InlineData("GET http://elsewhere/subjects HTTP/1.1", "200 OK")]
    public async Task Odd_requests_get_an_answer(string line, string status)
    {
        await using var scope = await kafka.OpenAsync();
        var server = await scope.StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Url.Host, server.Url.Port, Cancel);
        var stream = socket.GetStream();
        var host = line.Contains("elsewhere") ? "elsewhere" : "x";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n"), Cancel);
        using var reader = new StreamReader(stream);

        Assert.Equal($"HTTP/1.1 {status}", await reader.ReadLineAsync(Cancel));
    }

    [Fact]
    public async Task A_taken_port_is_said_at_the_start()
    {
        await using var scope = await kafka.OpenAsync();
        var first = await scope.StartAsync();

        var refusal = await Assert.ThrowsAnyAsync<IOException>(() => SchemaRegistryServer.StartAsync(
            scope.Options(port: first.Url.Port), NullLoggerFactory.Instance, TimeProvider.System, Cancel));
        Assert.Contains($"{first.Url.Port}", refusal.Message);
    }
}
