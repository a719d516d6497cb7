using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using HsStream.Service.Configuration;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace HsStream.Service.Console;

/// <summary><c>POST /v1/descriptions</c>: one JSON object, or NDJSON in bulk.</summary>
internal static class DescriptionsEndpoints
{
    private const string Json = "application/json";
    private const string Lines = "application/x-ndjson";
    private const string KeyHeader = "Idempotency-Key";
    private const int MaxKeyLength = 200;

    public static IEndpointRouteBuilder MapDescriptions(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/descriptions", PostAsync);
        return routes;
    }

    private static async Task<IResult> PostAsync(HttpContext context, DescriptionIntake intake, ConsoleOptions options, BulkGate gate)
    {
        var (request, cancellationToken) = (context.Request, context.RequestAborted);
        if (MediaType(request) is not { } type) { return Problems.Of(new Refusal("Content-Type", $"{Json} or {Lines}", Refusal.Show(request.ContentType ?? ""), StatusCodes.Status415UnsupportedMediaType)); }
        if (Key(request, out var key) is { } badKey) { return Problems.Of(badKey); }
        var isBulk = type == Lines;
        if (!isBulk) { return await PostOneAsync(context, intake, options, key, cancellationToken); }
        using var turn = await gate.EnterAsync(cancellationToken);
        return await PostLinesAsync(context, intake, options, key, cancellationToken);
    }

    private static async Task<Results<JsonHttpResult<AcceptedDescription>, ProblemHttpResult>> PostOneAsync(
        HttpContext context, DescriptionIntake intake, ConsoleOptions options, string? key, CancellationToken cancellationToken)
    {
        var (refusal, body) = await RequestBody.ReadAsync(context.Request, options.MaxLineBytes, cancellationToken);
        if (refusal is null && body.Length == 0) { refusal = new Refusal("body", "a JSON object", "nothing"); }
        if (refusal is not null) { return Problems.Of(refusal); }
        var answer = await intake.TakeAsync([body], isBulk: false, key, out var state, cancellationToken);
        if (answer is null) { return Unusable(state); }
        var line = answer.Lines[0];
        return line switch
        {
            { Refusal: { } no } => Problems.Of(no),
            { Status: StatusCodes.Status202Accepted } => Accepted(context, line.DescriptionId!),
            _ => Problems.Unavailable(context, options.RetryAfter, "kafka", line.Detail!),
        };
    }

    private static JsonHttpResult<AcceptedDescription> Accepted(HttpContext context, string id)
    {
        context.Response.Headers.Location = $"/v1/decisions/{id}";
        return TypedResults.Json(new AcceptedDescription(id), ConsoleJson.Default.AcceptedDescription, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> PostLinesAsync(
        HttpContext context, DescriptionIntake intake, ConsoleOptions options, string? key, CancellationToken cancellationToken)
    {
        var (refusal, body) = await RequestBody.ReadAsync(context.Request, options.MaxBodyBytes, cancellationToken);
        if (refusal is not null) { return Problems.Of(refusal); }
        var (tooMany, lines) = RequestBody.Split(body, options);
        if (tooMany is not null) { return Problems.Of(tooMany); }
        var answer = await intake.TakeAsync(lines, isBulk: true, key, out var state, cancellationToken);
        if (answer is null) { return Unusable(state); }
        var status = Status(answer);
        if (status == StatusCodes.Status503ServiceUnavailable) { Problems.SetRetryAfter(context, options.RetryAfter); }
        var text = new StringBuilder();
        foreach (var line in answer.Lines) { text.Append(JsonSerializer.Serialize(LineJson.Of(line), ConsoleJson.Default.LineJson)).Append('\n'); }
        return TypedResults.Text(text.ToString(), Lines, Encoding.UTF8, status);
    }

    /// <summary>202: all were taken. 503: Kafka did not take some. 207: some were refused. 400: all were.</summary>
    private static int Status(BulkAnswer answer) =>
        !answer.IsComplete ? StatusCodes.Status503ServiceUnavailable
        : answer.Lines.All(line => line.Refusal is null) ? StatusCodes.Status202Accepted
        : answer.Lines.All(line => line.Refusal is not null) ? StatusCodes.Status400BadRequest
        : StatusCodes.Status207MultiStatus;

    private static ProblemHttpResult Unusable(IdempotencyState state) => state == IdempotencyState.Running
        ? Problems.Conflict(StatusCodes.Status409Conflict, "Idempotency-Key: a request with this key is still running.")
        : Problems.Conflict(StatusCodes.Status422UnprocessableEntity, "Idempotency-Key: expected the body that this key came with before, got another one.");

    private static string? MediaType(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)) { return null; }
        if (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)) { return null; }
        return type.MediaType.Value?.ToLowerInvariant() switch
        {
            Json => Json,
            Lines or "application/ndjson" or "application/jsonl" => Lines,
            _ => null,
        };
    }

    private static Refusal? Key(HttpRequest request, out string? key)
    {
        key = null;
        var values = request.Headers[KeyHeader];
        if (values.Count == 0) { return null; }
        key = values.Count == 1 ? values[0]?.Trim() : null;
        return key is null || key.Length is < 1 or > MaxKeyLength || key.Any(char.IsControl)
            ? new Refusal(KeyHeader, $"one value of 1 to {MaxKeyLength} characters", values.Count > 1 ? $"{values.Count} values" : $"{key?.Length ?? 0} characters")
            : null;
    }
}

/// <summary>Lets few bulk requests be in memory at once; the others are not read until it is their turn.</summary>
internal sealed class BulkGate(int requests) : IDisposable
{
    private readonly SemaphoreSlim _free = new(requests);

    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        return new Turn(_free);
    }

    public void Dispose() => _free.Dispose();

    private sealed class Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}

internal sealed record AcceptedDescription(string DescriptionId);

internal sealed record LineJson(int Line, int Status, string? DescriptionId, string? Field, string? Expected, string? Arrived, string? Detail)
{
    public static LineJson Of(LineAnswer line) => new(
        line.Line, line.Status, line.DescriptionId, line.Refusal?.Field, line.Refusal?.Expected, line.Refusal?.Arrived, line.Refusal?.Detail ?? line.Detail);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AcceptedDescription))]
[JsonSerializable(typeof(LineJson))]
internal sealed partial class ConsoleJson : JsonSerializerContext;
