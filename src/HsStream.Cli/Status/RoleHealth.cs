using System.Text.Json;
using System.Text.Json.Nodes;

namespace HsStream.Cli.Status;

/// <param name="Status"><c>ready</c>, <c>degraded</c>, <c>not_ready</c>, or <c>no answer</c>.</param>
/// <param name="Problems">Dependencies that are not up, each with its reason.</param>
internal sealed record RoleHealth(string Roles, string Address, string Status, IReadOnlyList<string> Problems)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<RoleHealth> AskAsync(string roles, string address, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(new Uri(address.TrimEnd('/') + "/health/ready"), cancellationToken);
            var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))!;
            var problems = (json["dependencies"]?.AsArray() ?? [])
                .Where(dependency => (string?)dependency!["state"] != "up")
                .Select(dependency => $"{(string?)dependency!["name"]}: {(string?)dependency["reason"] ?? (string?)dependency["state"]}").ToList();
            var named = json["roles"] is JsonArray names ? string.Join(',', names.Select(name => (string?)name)) : roles;
            return new RoleHealth(named, address, (string?)json["status"] ?? "unknown", problems);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or InvalidOperationException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new RoleHealth(roles, address, "no answer", [e.Message]);
        }
    }
}
