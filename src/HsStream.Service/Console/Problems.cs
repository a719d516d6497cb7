using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace HsStream.Service.Console;

/// <summary>Answers that say no, as RFC 9457 problem details.</summary>
internal static class Problems
{
    public static ProblemHttpResult Of(Refusal refusal) => TypedResults.Problem(Details(
        refusal.Status, refusal.Detail, ("field", refusal.Field), ("expected", refusal.Expected), ("arrived", refusal.Arrived)));

    public static ProblemHttpResult NotFound(string detail) => TypedResults.Problem(Details(StatusCodes.Status404NotFound, detail));

    public static ProblemHttpResult Conflict(int status, string detail) => TypedResults.Problem(Details(status, detail, ("field", "Idempotency-Key")));

    /// <summary>503 with <c>Retry-After</c>.</summary>
    public static ProblemHttpResult Unavailable(HttpContext context, TimeSpan retryAfter, string dependency, string detail)
    {
        SetRetryAfter(context, retryAfter);
        return TypedResults.Problem(Details(StatusCodes.Status503ServiceUnavailable, detail, ("dependency", dependency)));
    }

    public static void SetRetryAfter(HttpContext context, TimeSpan retryAfter) =>
        context.Response.Headers.RetryAfter = $"{(long)Math.Ceiling(retryAfter.TotalSeconds)}";

    private static ProblemDetails Details(int status, string detail, params (string Name, string Value)[] more)
    {
        var details = new ProblemDetails { Status = status, Title = ReasonPhrases.GetReasonPhrase(status), Detail = detail };
        foreach (var (name, value) in more) { details.Extensions[name] = value; }
        return details;
    }
}
