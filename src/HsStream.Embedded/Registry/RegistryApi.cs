using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Registry;

/// <summary>The routes of Confluent's Schema Registry API.</summary>
/// <remarks>
/// Paths are taken apart here and not by the framework's routing: a subject is one escaped segment that may hold
/// slashes, dots and percent signs, and the framework's idea of a path has already lost the difference.
/// </remarks>
internal sealed class RegistryApi(SchemaStore store, ISchemaLog log, SchemaRegistryOptions options, ILogger logger)
{
    private const int MaxListed = 1000;

    private readonly RegistryDecider _decider = new(new SchemaLimits(options.MaxSchemaBytes, options.MaxSchemaDepth));
    private string? _clusterId;

    public async Task HandleAsync(HttpContext http)
    {
        var mediaType = RegistryMedia.Answer(http.Request);
        JsonNode? body;
        try
        {
            if (mediaType is null) { throw RegistryException.Http(406, "HTTP 406 Not Acceptable"); }
            body = await RouteAsync(http);
        }
        catch (RegistryException e)
        {
            body = Error(http, e);
        }
        catch (BadHttpRequestException e)
        {
            body = Error(http, RegistryException.Http(e.StatusCode, e.Message));
        }
        catch (Exception e) when (IsClientsFault(e))
        {
            body = Error(http, RegistryException.Http(400, $"The request is not what was expected: {e.Message}"));
        }
        catch (SchemaLogException e)
        {
            body = Error(http, RegistryException.StoreFailed($"Error in the backend data store: {e.Message}"));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }
#pragma warning disable CA1031 // The edge of the process: nothing that a request meets may end the registry.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.RequestFailed(e, http.Request.Method, http.Request.Path);
            body = Error(http, RegistryException.Http(500, "Internal Server Error"));
        }
        http.Response.ContentType = mediaType ?? RegistryMedia.Preferred;
        // A JSON null is an answer too, and .NET has no node for it.
        await http.Response.WriteAsync(body?.ToJsonString(RegistryJson.Options) ?? "null", http.RequestAborted);
    }

    // A member of the wrong type shows only when it is read; the JSON library then says who threw.
    private static bool IsClientsFault(Exception e) => e is JsonException or FormatException or OverflowException
        || (e is InvalidOperationException && e.Source?.StartsWith("System.Text.Json", StringComparison.Ordinal) == true);

    private static JsonObject Error(HttpContext http, RegistryException e)
    {
        http.Response.StatusCode = e.Status;
        return new JsonObject { ["error_code"] = e.Code, ["message"] = e.Message };
    }

    private async Task<JsonNode?> RouteAsync(HttpContext http)
    {
        var request = http.Request;
        var cancel = http.RequestAborted;
        var state = store.State;
        var path = Segments(http);
        switch (HttpMethods.IsHead(request.Method) ? "GET" : request.Method, path)
        {
            case ("GET" or "POST", []):
                return new JsonObject();
            case ("GET", ["subjects"]):
                return Texts(Page(request, ListSubjects(state, request), int.MaxValue));
            case ("POST", ["subjects", var subject]):
                return await LookupAsync(state, SubjectName.Normalize(subject), request);
            case ("DELETE", ["subjects", var subject]):
                return Numbers(await store.WriteAsync(
                    now => RegistryDecider.DeleteSubject(now, SubjectName.Normalize(subject), Flag(request, "permanent")), cancel));
            case ("GET", ["subjects", var subject, "metadata"]):
                return WithMetadata(state, SubjectName.Normalize(subject), request);
            case ("GET", ["subjects", var subject, "versions"]):
                return ListVersions(state, SubjectName.Normalize(subject), request);
            case ("POST", ["subjects", var subject, "versions"]):
                return await RegisterAsync(state, SubjectName.Normalize(subject), http);
            case ("GET", ["subjects", var subject, "versions", var version]):
                return Describe(state, Version(state, subject, version, Flag(request, "deleted")), request);
            case ("GET", ["subjects", var subject, "versions", var version, "schema"]):
                return Raw(Text(state, Version(state, subject, version, Flag(request, "deleted")), request));
            case ("GET", ["subjects", var subject, "versions", var version, "referencedby"]):
                var target = Version(state, subject, version, deletedToo: true);
                return Numbers(Page(request, state.ReferrersTo(target.Subject, target.Version, Flag(request, "deleted"))
                    .Select(referrer => referrer.Id).Distinct().Order(), MaxListed));
            case ("DELETE", ["subjects", var subject, "versions", var version]):
                return await store.WriteAsync(
                    now => RegistryDecider.DeleteVersion(now, SubjectName.Normalize(subject), ParseVersion(version), Flag(request, "permanent")), cancel);
            case ("GET", ["schemas"]):
                return new JsonArray([.. Page(request, ListSchemas(state, request), MaxListed).Select(schema => Describe(state, schema, request))]);
            case ("GET", ["schemas", "types"]):
                return Texts([StoredSchema.Avro]);
            case ("GET", ["schemas", "ids", var id]):
                return ById(state, ParseId(id), request);
            case ("GET", ["schemas", "ids", var id, "schema"]):
                return Raw(Text(state, ById(state, ParseId(id), request, RegistryException.SchemaNotFound(id)), request));
            case ("GET", ["schemas", "ids", var id, "subjects"]):
                return Texts(Page(request, Holders(state, ParseId(id), request).Select(holder => holder.Subject), int.MaxValue));
            case ("GET", ["schemas", "ids", var id, "versions"]):
                return new JsonArray([.. Page(request, Holders(state, ParseId(id), request), int.MaxValue)
                    .Select(holder => new JsonObject { ["subject"] = holder.Subject, ["version"] = holder.Version })]);
            case ("POST", ["compatibility", "subjects", var subject, "versions", .. var rest]) when rest.Length <= 1:
                return await TestAsync(state, SubjectName.Normalize(subject), rest.FirstOrDefault(), request);
            case ("GET", ["config", .. var rest]) when rest.Length <= 1:
                return GetConfig(state, Scope(rest), request);
            case ("PUT", ["config", .. var rest]) when rest.Length <= 1:
                var settings = await ReadAsync(request);
                var config = await store.WriteAsync(now => RegistryDecider.PutConfig(now, Scope(rest), settings), cancel);
                return new JsonObject(config.Select(setting => KeyValuePair.Create(
                    setting.Key == "compatibilityLevel" ? "compatibility" : setting.Key, setting.Value?.DeepClone())));
            case ("DELETE", ["config", .. var rest]) when rest.Length <= 1:
                return await store.WriteAsync(now => RegistryDecider.DeleteConfig(now, Scope(rest)), cancel);
            case ("GET", ["mode", .. var rest]) when rest.Length <= 1:
                return Mode(GetMode(state, Scope(rest), request));
            case ("PUT", ["mode", .. var rest]) when rest.Length <= 1:
                var asked = await ReadAsync(request);
                if (!asked.ContainsKey("mode")) { throw RegistryException.InvalidMode(); }
                return Mode(await store.WriteAsync(
                    now => RegistryDecider.PutMode(now, Scope(rest), (string?)asked["mode"], Flag(request, "force")), cancel));
            case ("DELETE", ["mode", .. var rest]) when rest.Length <= 1:
                return Mode(await store.WriteAsync(now => RegistryDecider.DeleteMode(now, Scope(rest)), cancel));
            case ("GET", ["contexts"]):
                return Texts(Page(request, state.Contexts, int.MaxValue));
            case ("GET", ["v1", "metadata", "id"]):
                return await ClusterAsync(cancel);
            case ("GET", ["v1", "metadata", "version"]):
                return new JsonObject { ["version"] = typeof(RegistryApi).Assembly.GetCustomAttribute<AssemblyFileVersionAttribute>()?.Version };
            default:
                throw IsKnown(path) ? RegistryException.Http(405, "HTTP 405 Method Not Allowed") : RegistryException.Http(404, "HTTP 404 Not Found");
        }
    }

    private static bool IsKnown(string[] path) => path is [] or ["subjects"] or ["subjects", _] or ["subjects", _, "versions" or "metadata"]
        or ["subjects", _, "versions", _] or ["subjects", _, "versions", _, "schema" or "referencedby"]
        or ["schemas" or "contexts"] or ["schemas", "types"] or ["schemas", "ids", _] or ["schemas", "ids", _, "schema" or "subjects" or "versions"]
        or ["compatibility", "subjects", _, "versions"] or ["compatibility", "subjects", _, "versions", _]
        or ["config" or "mode"] or ["config" or "mode", _] or ["v1", "metadata", "id" or "version"];

    private static string[] Segments(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
        {
            target = Uri.TryCreate(target, UriKind.Absolute, out var absolute) ? absolute.PathAndQuery : "/";
        }
        var path = target.Split('?', '#')[0].Trim('/');
        return path.Length == 0 ? [] : [.. path.Split('/').Select(Uri.UnescapeDataString)];
    }

    private async Task<JsonNode> RegisterAsync(RegistryState state, string subject, HttpContext http)
    {
        var schema = SchemaRequest.Parse(await ReadAsync(http.Request));
        var (normalize, force) = (Flag(http.Request, "normalize"), Flag(http.Request, "force"));
        // A client registers what it uses whenever it starts; that costs no write, and no broker.
        var registered = _decider.FindRegistered(state, subject, schema, normalize)
            ?? await store.WriteAsync(now => _decider.Register(now, subject, schema, normalize, force), http.RequestAborted);
        var answer = Describe(state, registered, http.Request);
        answer.Remove("subject");
        return answer;
    }

    private async Task<JsonNode> LookupAsync(RegistryState state, string subject, HttpRequest request)
    {
        var schema = SchemaRequest.Parse(await ReadAsync(request));
        var deletedToo = Flag(request, "deleted");
        return Describe(
            state,
            _decider.Lookup(state, subject, schema, Flag(request, "normalize"), deletedToo)
                ?? throw (state.HasSubject(subject, deletedToo) ? RegistryException.SchemaNotFound() : RegistryException.SubjectNotFound(subject)),
            request);
    }

    private async Task<JsonNode> TestAsync(RegistryState state, string subject, string? version, HttpRequest request)
    {
        var schema = SchemaRequest.Parse(await ReadAsync(request));
        var verbose = Flag(request, "verbose");
        IReadOnlyList<StoredSchema> earlier;
        if (version is null) { earlier = [.. state.VersionsOf(subject).Values.Where(stored => !stored.Deleted)]; }
        else
        {
            var number = ParseVersion(version);
            earlier = state.Find(subject, number, deletedToo: false) is { } stored ? [stored]
                : number == -1 ? [] : throw RegistryException.VersionNotFound(number);
        }
        IReadOnlyList<string> messages;
        try
        {
            messages = _decider.Test(state, subject, schema, earlier, Flag(request, "normalize"));
        }
        catch (RegistryException e) when (verbose && e.Code == 42201)
        {
            messages = [e.Message];
        }
        var answer = new JsonObject { ["is_compatible"] = messages.Count == 0 };
        if (verbose) { answer["messages"] = Texts(messages); }
        return answer;
    }

    private static IEnumerable<string> ListSubjects(RegistryState state, HttpRequest request)
    {
        var (deletedToo, deletedOnly) = (Flag(request, "deleted"), Flag(request, "deletedOnly"));
        var prefix = Query(request, "subjectPrefix") ?? ":*:";
        return state.Subjects.Keys.Where(subject => SubjectName.HasPrefix(subject, prefix)
            && (deletedOnly ? !state.HasSubject(subject, deletedToo: false) : state.HasSubject(subject, deletedToo)));
    }

    private static JsonArray ListVersions(RegistryState state, string subject, HttpRequest request)
    {
        var (deletedToo, deletedOnly, negative) = (Flag(request, "deleted"), Flag(request, "deletedOnly"), Flag(request, "deletedAsNegative"));
        if (!state.HasSubject(subject, deletedToo || deletedOnly)) { throw RegistryException.SubjectNotFound(subject); }
        var versions = state.VersionsOf(subject).Values
            .Where(schema => negative || (deletedOnly ? schema.Deleted : deletedToo || !schema.Deleted))
            .Select(schema => negative && schema.Deleted ? -schema.Version : schema.Version);
        return Numbers(Page(request, versions, int.MaxValue));
    }

    private static IEnumerable<StoredSchema> ListSchemas(RegistryState state, HttpRequest request)
    {
        var (deletedToo, latestOnly) = (Flag(request, "deleted"), Flag(request, "latestOnly"));
        var schemas = state.All(Query(request, "subjectPrefix") ?? "").Where(schema => deletedToo || !schema.Deleted);
        return latestOnly ? schemas.GroupBy(schema => schema.Subject).Select(versions => versions.Last()) : schemas;
    }

    private JsonObject WithMetadata(RegistryState state, string subject, HttpRequest request)
    {
        var deletedToo = Flag(request, "deleted");
        var wanted = request.Query["key"].Zip(request.Query["value"]).ToList();
        var found = state.VersionsOf(subject).Values.LastOrDefault(schema => (deletedToo || !schema.Deleted)
            && schema.Metadata?["properties"] is JsonObject properties
            && wanted.All(pair => properties[pair.First ?? ""]?.ToString() == pair.Second));
        return Describe(state, found
            ?? throw (state.HasSubject(subject, deletedToo) ? RegistryException.SchemaNotFound() : RegistryException.SubjectNotFound(subject)), request);
    }

    private JsonObject ById(RegistryState state, int id, HttpRequest request)
    {
        var schema = ById(state, id, request, RegistryException.SchemaNotFound($"{id}"));
        var answer = Describe(state, schema, request);
        answer.Remove("id");
        if (Query(request, "subject") is null)
        {
            answer.Remove("subject");
            answer.Remove("version");
        }
        if (Flag(request, "fetchMaxId")) { answer["maxId"] = state.MaxIds.GetValueOrDefault(SubjectName.ContextOf(schema.Subject)); }
        return answer;
    }

    private static StoredSchema ById(RegistryState state, int id, HttpRequest request, RegistryException missing) =>
        state.ById(id, Query(request, "subject") is { } subject ? SubjectName.Normalize(subject) : null) ?? throw missing;

    private static IEnumerable<StoredSchema> Holders(RegistryState state, int id, HttpRequest request)
    {
        var schema = ById(state, id, request, RegistryException.SchemaNotFound());
        var deletedToo = Flag(request, "deleted");
        return state.Holders(SubjectName.ContextOf(schema.Subject), id).Where(holder => deletedToo || !holder.Deleted);
    }

    private static JsonObject GetConfig(RegistryState state, string? scope, HttpRequest request) =>
        Flag(request, "defaultToGlobal") || scope is null ? state.ConfigFor(scope).ToJson()
        : state.Config(scope) is { } own ? new ConfigInScope(own, null).ToJson() : throw RegistryException.ConfigNotFound(scope);

    private static string GetMode(RegistryState state, string? scope, HttpRequest request) =>
        Flag(request, "defaultToGlobal") ? state.ModeFor(scope)
        : state.Mode(scope) ?? (scope is null ? RegistryMode.ReadWrite : throw RegistryException.ModeNotFound(scope));

    private async Task<JsonNode> ClusterAsync(CancellationToken cancellationToken) => new JsonObject
    {
        ["id"] = "",
        ["scope"] = new JsonObject
        {
            ["path"] = new JsonArray(),
            ["clusters"] = new JsonObject
            {
                ["kafka-cluster"] = _clusterId ??= await log.ClusterIdAsync(cancellationToken),
                ["schema-registry-cluster"] = options.GroupId,
            },
        },
    };

    private static StoredSchema Version(RegistryState state, string subject, string version, bool deletedToo)
    {
        var (name, number) = (SubjectName.Normalize(subject), ParseVersion(version));
        return state.Find(name, number, deletedToo) ?? throw (state.HasSubject(name, deletedToo)
            ? RegistryException.VersionNotFound(number) : RegistryException.SubjectNotFound(name));
    }

    private JsonObject Describe(RegistryState state, StoredSchema schema, HttpRequest request)
    {
        var json = new JsonObject
        {
            ["subject"] = schema.Subject,
            ["version"] = schema.Version,
            ["id"] = schema.Id,
            ["guid"] = schema.Guid(),
            ["schemaType"] = schema.SchemaType,
        };
        RegistryJson.AddContract(json, schema);
        json["schema"] = Text(state, schema, request);
        if (schema.TimestampMs > 0) { json["ts"] = schema.TimestampMs; }
        json["deleted"] = schema.Deleted;
        return json;
    }

    private string Text(RegistryState state, StoredSchema schema, HttpRequest request) =>
        Query(request, "format") == "resolved" && schema.SchemaType == StoredSchema.Avro ? _decider.Resolve(state, schema) : schema.Schema;

    /// <summary>The stored text is JSON and is sent as such, not quoted.</summary>
    private static JsonNode? Raw(string schema) => JsonNode.Parse(schema);

    private static int ParseVersion(string version) =>
        version.Trim().Equals("latest", StringComparison.OrdinalIgnoreCase) ? -1
        : int.TryParse(version, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number is > 0 or -1
            ? number : throw RegistryException.InvalidVersion(version);

    private static int ParseId(string id) =>
        int.TryParse(id, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw RegistryException.Http(404, "HTTP 404 Not Found");

    private static string? Scope(string[] rest) =>
        rest.Length == 0 || SubjectName.IsDefaultContext(rest[0]) ? null : SubjectName.Normalize(rest[0]);

    private static async Task<JsonObject> ReadAsync(HttpRequest request)
    {
        if (!RegistryMedia.IsReadable(request.ContentType)) { throw RegistryException.Http(415, "HTTP 415 Unsupported Media Type"); }
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, request.HttpContext.RequestAborted);
        if (buffer.Length == 0) { throw RegistryException.Http(422, "The request has no body; expected a JSON object"); }
        return RegistryJson.Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)) as JsonObject
            ?? throw RegistryException.Http(422, "The request's body is no JSON object");
    }

    private static bool Flag(HttpRequest request, string name) => "true".Equals(Query(request, name), StringComparison.OrdinalIgnoreCase);

    private static string? Query(HttpRequest request, string name) => request.Query.TryGetValue(name, out var value) ? value[0] : null;

    private static IEnumerable<T> Page<T>(HttpRequest request, IEnumerable<T> items, int most)
    {
        int Number(string name, int otherwise) => Query(request, name) is { } text
            ? int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
                : throw RegistryException.Http(404, "HTTP 404 Not Found")
            : otherwise;
        var limit = Number("limit", -1);
        return items.Skip(Number("offset", 0)).Take(limit < 0 ? most : Math.Min(limit, most));
    }

    private static JsonObject Mode(string? mode) => new() { ["mode"] = mode };

    private static JsonArray Texts(IEnumerable<string> items) => new([.. items.Select(item => (JsonNode?)item)]);

    private static JsonArray Numbers(IEnumerable<int> items) => new([.. items.Select(item => (JsonNode?)item)]);
}
