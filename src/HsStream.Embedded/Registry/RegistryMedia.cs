using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace HsStream.Embedded.Registry;

/// <summary>The content types of the API.</summary>
internal static class RegistryMedia
{
    public const string Preferred = "application/vnd.schemaregistry.v1+json";

    private static readonly string[] Offered = [Preferred, "application/vnd.schemaregistry+json", "application/json"];

    /// <returns>What to answer with; null when the client takes none of it.</returns>
    public static string? Answer(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().Accept;
        if (accepted.Count == 0) { return Preferred; }
        return Offered
            .Select((offer, rank) => (offer, rank, quality: accepted
                .Where(range => range.MatchesAllTypes || range.MediaType.Equals(offer, StringComparison.OrdinalIgnoreCase)
                    || (range.MatchesAllSubTypes && range.Type.Equals("application", StringComparison.OrdinalIgnoreCase)))
                .Select(range => range.Quality ?? 1).DefaultIfEmpty(0).Max()))
            .Where(offer => offer.quality > 0)
            .OrderByDescending(offer => offer.quality).ThenBy(offer => offer.rank)
            .Select(offer => offer.offer).FirstOrDefault();
    }

    /// <summary>A missing type is taken for JSON; a form, which curl sends unless told otherwise, is not.</summary>
    public static bool IsReadable(string? contentType) => string.IsNullOrEmpty(contentType)
        || (MediaTypeHeaderValue.TryParse(contentType, out var type)
            && (type.MediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase)
                || Offered.Any(offer => type.MediaType.Equals(offer, StringComparison.OrdinalIgnoreCase))));
}
