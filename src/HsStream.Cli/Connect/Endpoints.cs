using System.Text.Json;
using System.Text.Json.Nodes;

namespace HsStream.Cli.Connect;

/// <summary>Where a running <c>up</c> is reached; the file <c>endpoints.json</c> of its data directory.</summary>
/// <param name="Registry">Null when it was left out, as are the others.</param>
/// <param name="Postgres">Connection string; the password is in the file that it names.</param>
internal sealed record Endpoints(string Kafka, string? Registry, string? Postgres, string? Http, string? Models, int ProcessId)
{
    /// <summary>Health and metrics of each process of roles, by its roles.</summary>
    public IReadOnlyDictionary<string, string> Roles { get; init; } = new Dictionary<string, string>();

    public const string FileName = "endpoints.json";

    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, FileName);

    public JsonObject ToJson() => new()
    {
        ["kafka"] = Kafka,
        ["registry"] = Registry,
        ["postgres"] = Postgres,
        ["http"] = Http,
        ["models"] = Models,
        ["processId"] = ProcessId,
        ["roles"] = new JsonObject(Roles.Select(role => KeyValuePair.Create(role.Key, (JsonNode?)role.Value))),
    };

    /// <summary>Appears whole or not at all, as others may read it at any time.</summary>
    public void WriteTo(string dataDirectory)
    {
        var temporary = PathIn(dataDirectory) + ".tmp";
        File.WriteAllText(temporary, JsonLine.Write(ToJson()) + "\n");
        File.Move(temporary, PathIn(dataDirectory), overwrite: true);
    }

    /// <returns>Null when there is no such file: nothing is running on this folder.</returns>
    /// <exception cref="OperatorException">It cannot be read.</exception>
    public static Endpoints? TryRead(string dataDirectory)
    {
        var path = PathIn(dataDirectory);
        try
        {
            var json = JsonNode.Parse(File.ReadAllText(path))!;
            return new Endpoints(
                (string?)json["kafka"] ?? throw new JsonException("expected the member kafka"), (string?)json["registry"], (string?)json["postgres"],
                (string?)json["http"], (string?)json["models"], (int?)json["processId"] ?? 0)
            {
                Roles = json["roles"] is JsonObject roles ? roles.ToDictionary(role => role.Key, role => (string)role.Value!) : new Dictionary<string, string>(),
            };
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or FormatException)
        {
            throw new OperatorException($"cannot read {path}: {e.Message}; stop hsstream up and start it again, or name the addresses (--bootstrap-servers, --registry, --postgres)", e);
        }
    }

    public static void Remove(string dataDirectory) => File.Delete(PathIn(dataDirectory));
}
