using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using HsStream.Embedded.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HsStream.UnitTests.Registry;

public sealed class RegistryApiTests : IAsyncLifetime
{
    private const string V1 = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}""";
    private const string V2 = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":0}]}""";
    private const string Breaking = """{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}""";
    private const string V1Json = "application/vnd.schemaregistry.v1+json";

    private static readonly string[] Words = ["subjects", "versions", "schemas", "ids", "config", "mode", "compatibility", "schema", "s", ":.c:s", ""];
    private static readonly string[] Targets =
        ["/subjects/s/versions", "/subjects/s", "/compatibility/subjects/s/versions/latest", "/config", "/mode/s", "/config/s"];
    private static readonly string[] Pieces = ["", "{", "}", "null", "[]", "1e999", "\"x\"", ",", "\0"];
    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "HEAD"];

    private readonly SchemaStore _store;
    private readonly RegistryApi _api;

    public RegistryApiTests()
    {
        var log = new MemorySchemaLog(new MemoryTopic());
        _store = new SchemaStore(log, TimeSpan.FromSeconds(30), TimeProvider.System, NullLogger.Instance);
        _api = new RegistryApi(_store, log, new SchemaRegistryOptions(), NullLogger.Instance);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private async Task<(int Status, string Body, string? Type)> SendAsync(
        string method, string target, string? body = null, string? accept = null, string? contentType = V1Json)
    {
        var http = new DefaultHttpContext();
        http.Request.Method = method;
        var parts = target.Split('?');
        http.Request.Path = Uri.UnescapeDataString(parts[0]);
        http.Request.QueryString = new QueryString(parts.Length > 1 ? "?" + parts[1] : "");
        http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        if (accept is not null) { http.Request.Headers.Accept = accept; }
        if (body is not null)
        {
            http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
            http.Request.ContentType = contentType;
        }
        using var answer = new MemoryStream();
        http.Response.Body = answer;
        http.RequestAborted = TestContext.Current.CancellationToken;
        await _api.HandleAsync(http);
        return (http.Response.StatusCode, Encoding.UTF8.GetString(answer.ToArray()), http.Response.ContentType);
    }

    private async Task<JsonNode?> OkAsync(string method, string target, string? body = null)
    {
        var (status, text, _) = await SendAsync(method, target, body);
        Assert.True(status == 200, $"{method} {target}: {status} {text}");
        return JsonNode.Parse(text);
    }

    private async Task FailsAsync(int status, int code, string method, string target, string? body = null)
    {
        var answer = await SendAsync(method, target, body);
        Assert.Equal((status, code), (answer.Status, (int)JsonNode.Parse(answer.Body)!["error_code"]!));
        Assert.NotEmpty((string)JsonNode.Parse(answer.Body)!["message"]!);
    }

    private static string Body(string schema, string more = "") => $$"""{"schema":{{JsonValue.Create(schema).ToJsonString()}}{{more}}}""";

    private Task<JsonNode?> RegisterAsync(string subject, string schema) => OkAsync("POST", $"/subjects/{subject}/versions", Body(schema));

    [Fact]
    public async Task A_registered_schema_is_found_in_every_way()
    {
        var registered = (await RegisterAsync("s", V1))!;
        Assert.Equal(1, (int)registered["id"]!);
        Assert.Equal(1, (int)registered["version"]!);
        await RegisterAsync("t", V1);
        await RegisterAsync("s", V2);

        Assert.Equal("[\"s\",\"t\"]", (await OkAsync("GET", "/subjects"))!.ToJsonString());
        Assert.Equal("[1,2]", (await OkAsync("GET", "/subjects/s/versions"))!.ToJsonString());
        var version = (await OkAsync("GET", "/subjects/s/versions/1"))!;
        Assert.Equal(("s", 1, 1, V1, "AVRO", false), ((string)version["subject"]!, (int)version["version"]!, (int)version["id"]!, (string)version["schema"]!, (string)version["schemaType"]!, (bool)version["deleted"]!));
        Assert.NotNull(version["guid"]);
        Assert.NotNull(version["ts"]);
        Assert.Equal(V2, (string)(await OkAsync("GET", "/subjects/s/versions/latest"))!["schema"]!);
        Assert.Equal(V2, (string)(await OkAsync("GET", "/subjects/s/versions/-1"))!["schema"]!);
        Assert.Equal(V1, (await SendAsync("GET", "/subjects/s/versions/1/schema")).Body);
        Assert.Equal(V1, (string)(await OkAsync("GET", "/schemas/ids/1"))!["schema"]!);
        Assert.Equal(2, (int)(await OkAsync("GET", "/schemas/ids/1?fetchMaxId=true&subject=s"))!["maxId"]!);
        Assert.Equal(V1, (await SendAsync("GET", "/schemas/ids/1/schema")).Body);
        Assert.Equal("[\"s\",\"t\"]", (await OkAsync("GET", "/schemas/ids/1/subjects"))!.ToJsonString());
        Assert.Equal("""[{"subject":"s","version":1},{"subject":"t","version":1}]""", (await OkAsync("GET", "/schemas/ids/1/versions"))!.ToJsonString());
        Assert.Equal(2, (int)(await OkAsync("POST", "/subjects/s", Body(V2)))!["version"]!);
        Assert.Equal(3, (await OkAsync("GET", "/schemas"))!.AsArray().Count);
        Assert.Equal(2, (await OkAsync("GET", "/schemas?latestOnly=true"))!.AsArray().Count);
        Assert.Equal("[2]", (await OkAsync("GET", "/subjects/s/versions?offset=1&limit=5"))!.ToJsonString());
        Assert.Equal("[\"AVRO\"]", (await OkAsync("GET", "/schemas/types"))!.ToJsonString());
        Assert.Equal("[\".\"]", (await OkAsync("GET", "/contexts"))!.ToJsonString());
        Assert.Equal("{}", (await OkAsync("GET", "/"))!.ToJsonString());
        Assert.Equal("memory", (string)(await OkAsync("GET", "/v1/metadata/id"))!["scope"]!["clusters"]!["kafka-cluster"]!);
        Assert.NotNull((await OkAsync("GET", "/v1/metadata/version"))!["version"]);
    }

    [Fact]
    public async Task What_is_not_there_is_said_with_its_own_code()
    {
        await FailsAsync(404, 40401, "GET", "/subjects/none/versions");
        await FailsAsync(404, 40401, "GET", "/subjects/none/versions/1");
        await FailsAsync(404, 40401, "POST", "/subjects/none", Body(V1));
        await FailsAsync(404, 40401, "DELETE", "/subjects/none");
        await FailsAsync(404, 40401, "DELETE", "/subjects/none/versions/1");
        await FailsAsync(404, 40401, "DELETE", "/config/none");
        await FailsAsync(404, 40401, "DELETE", "/mode/none");
        await FailsAsync(404, 40403, "GET", "/schemas/ids/9");
        await FailsAsync(404, 40403, "GET", "/schemas/ids/9/subjects");
        await FailsAsync(404, 40408, "GET", "/config/none");
        await FailsAsync(404, 40409, "GET", "/mode/none");
        await RegisterAsync("s", V1);
        await FailsAsync(404, 40402, "GET", "/subjects/s/versions/2");
        await FailsAsync(404, 40402, "POST", "/compatibility/subjects/s/versions/2", Body(V1));
        await FailsAsync(404, 40403, "POST", "/subjects/s", Body(V2));
        await FailsAsync(422, 42202, "GET", "/subjects/s/versions/0");
        await FailsAsync(422, 42202, "GET", "/subjects/s/versions/first");
        await FailsAsync(422, 42202, "DELETE", "/subjects/s/versions/99999999999");
        await FailsAsync(409, 409, "POST", "/subjects/s/versions", Body(Breaking));
        await FailsAsync(422, 42201, "POST", "/subjects/s/versions", Body("{"));
        await FailsAsync(422, 42201, "POST", "/subjects/s/versions", """{"schema":"{}","schemaType":"JSON"}""");
        await FailsAsync(404, 404, "GET", "/nowhere");
        await FailsAsync(404, 404, "GET", "/schemas/ids/x");
        await FailsAsync(405, 405, "PUT", "/subjects");
    }

    [Fact]
    public async Task Deleting_follows_the_two_steps()
    {
        await RegisterAsync("s", V1);
        await RegisterAsync("s", V2);
        Assert.Equal(1, (int)(await OkAsync("DELETE", "/subjects/s/versions/1"))!);
        Assert.Equal("[2]", (await OkAsync("GET", "/subjects/s/versions"))!.ToJsonString());
        Assert.Equal("[1,2]", (await OkAsync("GET", "/subjects/s/versions?deleted=true"))!.ToJsonString());
        Assert.Equal("[1]", (await OkAsync("GET", "/subjects/s/versions?deletedOnly=true"))!.ToJsonString());
        Assert.Equal("[-1,2]", (await OkAsync("GET", "/subjects/s/versions?deletedAsNegative=true"))!.ToJsonString());
        await FailsAsync(404, 40402, "GET", "/subjects/s/versions/1");
        Assert.True((bool)(await OkAsync("GET", "/subjects/s/versions/1?deleted=true"))!["deleted"]!);
        Assert.Equal(V1, (string)(await OkAsync("GET", "/schemas/ids/1"))!["schema"]!);
        Assert.Equal("[2]", (await OkAsync("DELETE", "/subjects/s"))!.ToJsonString());
        Assert.Equal("[]", (await OkAsync("GET", "/subjects"))!.ToJsonString());
        Assert.Equal("[\"s\"]", (await OkAsync("GET", "/subjects?deleted=true"))!.ToJsonString());
        Assert.Equal("[\"s\"]", (await OkAsync("GET", "/subjects?deletedOnly=true"))!.ToJsonString());
        await FailsAsync(404, 40404, "DELETE", "/subjects/s");
        Assert.Equal("[1,2]", (await OkAsync("DELETE", "/subjects/s?permanent=true"))!.ToJsonString());
        await FailsAsync(404, 40403, "GET", "/schemas/ids/1");
    }

    [Fact]
    public async Task Compatibility_can_be_asked_without_registering()
    {
        Assert.Equal("""{"is_compatible":true}""", (await OkAsync("POST", "/compatibility/subjects/none/versions/latest", Body(V1)))!.ToJsonString());
        await RegisterAsync("s", V1);

        Assert.Equal("""{"is_compatible":true,"messages":[]}""", (await OkAsync("POST", "/compatibility/subjects/s/versions/latest?verbose=true", Body(V2)))!.ToJsonString());
        Assert.Equal("""{"is_compatible":false}""", (await OkAsync("POST", "/compatibility/subjects/s/versions/1", Body(Breaking)))!.ToJsonString());
        var all = (await OkAsync("POST", "/compatibility/subjects/s/versions?verbose=true", Body(Breaking)))!;
        Assert.Contains("TYPE_MISMATCH", (string)all["messages"]![0]!);
        Assert.Contains("details", (string)(await OkAsync("POST", "/compatibility/subjects/s/versions?verbose=true", Body("{")))!["messages"]![0]!);
    }

    [Fact]
    public async Task Settings_are_kept_for_all_for_a_subject_and_fall_back()
    {
        Assert.Equal("""{"compatibilityLevel":"BACKWARD"}""", (await OkAsync("GET", "/config"))!.ToJsonString());
        Assert.Equal("""{"compatibility":"FULL"}""", (await OkAsync("PUT", "/config", """{"compatibility":"full"}"""))!.ToJsonString());
        Assert.Equal("""{"compatibilityLevel":"FULL"}""", (await OkAsync("GET", "/config/s?defaultToGlobal=true"))!.ToJsonString());
        Assert.Equal("""{"compatibility":"NONE"}""", (await OkAsync("PUT", "/config/s", """{"compatibility":"NONE"}"""))!.ToJsonString());
        Assert.Equal("""{"compatibilityLevel":"NONE"}""", (await OkAsync("GET", "/config/s"))!.ToJsonString());
        Assert.Equal("""{"compatibilityLevel":"NONE"}""", (await OkAsync("DELETE", "/config/s"))!.ToJsonString());
        Assert.Equal("""{"compatibilityLevel":"FULL"}""", (await OkAsync("DELETE", "/config"))!.ToJsonString());
        Assert.Equal("""{"compatibilityLevel":"BACKWARD"}""", (await OkAsync("GET", "/config"))!.ToJsonString());
        await FailsAsync(422, 42203, "PUT", "/config", """{"compatibility":"SIDEWAYS"}""");

        Assert.Equal("""{"mode":"READWRITE"}""", (await OkAsync("GET", "/mode"))!.ToJsonString());
        Assert.Equal("""{"mode":"READONLY"}""", (await OkAsync("PUT", "/mode/s", """{"mode":"READONLY"}"""))!.ToJsonString());
        Assert.Equal("""{"mode":"READONLY"}""", (await OkAsync("GET", "/mode/s"))!.ToJsonString());
        Assert.Equal("""{"mode":"READWRITE"}""", (await OkAsync("GET", "/mode/t?defaultToGlobal=true"))!.ToJsonString());
        await FailsAsync(422, 42205, "POST", "/subjects/s/versions", Body(V1));
        Assert.Equal("""{"mode":"READONLY"}""", (await OkAsync("DELETE", "/mode/s"))!.ToJsonString());
        await FailsAsync(422, 42204, "PUT", "/mode", """{"mode":"SIDEWAYS"}""");
        await FailsAsync(422, 42204, "PUT", "/mode", "{}");
    }

    [Theory]
    [InlineData("a%2Fb")]
    [InlineData("a%20b")]
    [InlineData("a%252Fb")]
    [InlineData("%2E%2E")]
    [InlineData("a:b")]
    [InlineData("a%3Fb%23c")]
    [InlineData("%C3%A9%F0%9F%98%80")]
    [InlineData("a+b")]
    public async Task A_subject_may_be_any_text(string escaped)
    {
        await RegisterAsync(escaped, V1);

        Assert.Equal(Uri.UnescapeDataString(escaped), (string)(await OkAsync("GET", "/subjects"))![0]!);
        Assert.Equal("[1]", (await OkAsync("GET", $"/subjects/{escaped}/versions/"))!.ToJsonString());
    }

    [Fact]
    public async Task References_are_registered_and_listed()
    {
        await RegisterAsync("f", """{"type":"fixed","name":"F","size":2}""");
        var body = Body("""{"type":"record","name":"R","fields":[{"name":"f","type":"F"}]}""", ""","references":[{"name":"F","subject":"f","version":1}]""");
        Assert.Equal(2, (int)(await OkAsync("POST", "/subjects/r/versions", body))!["id"]!);

        Assert.Equal("[2]", (await OkAsync("GET", "/subjects/f/versions/1/referencedby"))!.ToJsonString());
        Assert.Equal("F", (string)(await OkAsync("GET", "/schemas/ids/2"))!["references"]![0]!["name"]!);
        Assert.Contains("\"size\":2", (await SendAsync("GET", "/schemas/ids/2/schema?format=resolved")).Body);
        await FailsAsync(422, 42206, "DELETE", "/subjects/f/versions/1");
        await FailsAsync(400, 400, "POST", "/subjects/r/versions", Body(V1, ",\"references\":[{\"name\":\"F\"}]"));
    }

    [Theory]
    [InlineData(null, V1Json)]
    [InlineData("*/*", V1Json)]
    [InlineData("application/json", "application/json")]
    [InlineData("application/*", V1Json)]
    [InlineData("application/vnd.schemaregistry+json", "application/vnd.schemaregistry+json")]
    [InlineData("application/json;q=0.9, application/vnd.schemaregistry.v1+json;q=0.5", "application/json")]
    [InlineData("application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json", V1Json)]
    [InlineData("text/html, */*;q=0.1", V1Json)]
    public async Task The_answer_has_the_content_type_that_was_asked_for(string? accept, string type)
    {
        Assert.Equal(type, (await SendAsync("GET", "/subjects", accept: accept)).Type);
        Assert.Equal(type, (await SendAsync("GET", "/subjects/none/versions", accept: accept)).Type);
    }

    [Fact]
    public async Task Other_content_types_are_refused()
    {
        Assert.Equal(406, (await SendAsync("GET", "/subjects", accept: "text/html")).Status);
        Assert.Equal(415, (await SendAsync("POST", "/subjects/s/versions", Body(V1), contentType: "application/x-www-form-urlencoded")).Status);
        Assert.Equal(200, (await SendAsync("POST", "/subjects/s/versions", Body(V1), contentType: "application/json; charset=utf-8")).Status);
        Assert.Equal(200, (await SendAsync("POST", "/subjects/s/versions", Body(V1), contentType: null)).Status);
    }

    [Theory]
    [InlineData("{", 400)]
    [InlineData("", 422)]
    [InlineData("null", 422)]
    [InlineData("[]", 422)]
    [InlineData("""{"schema":{"type":"string"}}""", 400)]
    [InlineData("""{"schema":"\"int\"","schema":"\"long\""}""", 400)]
    [InlineData("""{"schema":"\"int\"","id":"x"}""", 400)]
    [InlineData("""{"schema":"\"int\"","id":1e99}""", 400)]
    [InlineData("""{"schema":"\"int\"","references":{}}""", 400)]
    [InlineData("""{"schema":"\"int\"","references":[null]}""", 400)]
    [InlineData("""{"schema":"\"int\"","metadata":[]}""", 400)]
    [InlineData("""{"schema":"\ud800"}""", 400)]
    [InlineData("""{"schema":null}""", 422)]
    [InlineData("{}", 422)]
    public async Task A_body_that_is_not_understood_is_the_client_s_fault(string body, int status)
    {
        foreach (var target in Targets.Take(3))
        {
            Assert.Equal((target, status), (target, (await SendAsync("POST", target, body)).Status));
        }
    }

    [Theory]
    [InlineData("/config", """{"compatibility":7}""")]
    [InlineData("/config", """{"normalize":"yes"}""")]
    [InlineData("/mode", """{"mode":[]}""")]
    public async Task A_setting_of_the_wrong_type_is_the_client_s_fault(string target, string body) =>
        Assert.InRange((await SendAsync("PUT", target, body)).Status, 400, 422);

    [Fact]
    public Task Whatever_is_sent_the_answer_is_never_a_server_error() => Gen.Select(Gen.Int[0, int.MaxValue], Gen.Byte.Array[0, 40]).SampleAsync(async (seed, bytes) =>
    {
        var random = new Random(seed);
        string Segment() => random.Next(6) switch
        {
            0 => Uri.EscapeDataString(Encoding.Latin1.GetString(bytes)),
            1 => "latest",
            2 => $"{random.Next(-1, 3)}",
            3 => "%" + random.Next(1000),
            _ => Words[random.Next(Words.Length)],
        };
        var target = random.Next(2) == 0
            ? "/" + string.Join('/', Enumerable.Range(0, random.Next(6)).Select(_ => Segment()))
            : Targets[random.Next(Targets.Length)];
        var body = Body(V1, ",\"references\":[],\"metadata\":{},\"id\":-1,\"version\":0,\"compatibility\":\"NONE\",\"mode\":\"READWRITE\"");
        for (var edits = random.Next(4); edits > 0; edits--)
        {
            var at = random.Next(body.Length);
            body = body[..at] + Pieces[random.Next(Pieces.Length)] + body[Math.Min(body.Length, at + random.Next(5))..];
        }
        var method = Methods[random.Next(Methods.Length)];

        var (status, text, _) = await SendAsync(method, target, random.Next(8) == 0 ? Encoding.Latin1.GetString(bytes) : body);
        Assert.True(status < 500, $"{method} {target} {body}: {status} {text}");
        Assert.NotNull(text);
    }, iter: 3_000, threads: 1);
}
