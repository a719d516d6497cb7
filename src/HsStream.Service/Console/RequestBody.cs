using HsStream.Service.Configuration;
using Microsoft.AspNetCore.Http.Features;

namespace HsStream.Service.Console;

/// <summary>Reads a whole request before anything of it is published, so that one that breaks off has done nothing.</summary>
internal static class RequestBody
{
    /// <returns>No refusal and everything that arrived, when the request is within its limits.</returns>
    public static async Task<(Refusal? Refusal, byte[] Body)> ReadAsync(HttpRequest request, long maxBytes, CancellationToken cancellationToken)
    {
        var tooLarge = new Refusal("body", $"at most {maxBytes} bytes", "more", StatusCodes.Status413PayloadTooLarge);
        if (request.ContentLength > maxBytes) { return (tooLarge, []); }
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) { limit.MaxRequestBodySize = maxBytes; }
        using var all = new MemoryStream();
        try
        {
            while (true)
            {
                var read = await request.BodyReader.ReadAsync(cancellationToken);
                foreach (var part in read.Buffer) { all.Write(part.Span); }
                request.BodyReader.AdvanceTo(read.Buffer.End);
                if (all.Length > maxBytes) { return (tooLarge, []); }
                if (read.IsCompleted) { return (null, all.ToArray()); }
            }
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (tooLarge, []);
        }
    }

    /// <summary>The lines of NDJSON, without their line ends; white space alone is an empty line.</summary>
    /// <returns>A refusal when there are more than the limit.</returns>
    public static (Refusal? Refusal, IReadOnlyList<ReadOnlyMemory<byte>> Lines) Split(ReadOnlyMemory<byte> body, ConsoleOptions options)
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        while (!body.IsEmpty)
        {
            var end = body.Span.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? default : body[(end + 1)..];
            lines.Add(line.Span.Trim(" \t\r"u8).IsEmpty ? default : line);
            if (lines.Count > options.MaxLines)
            {
                return (new Refusal("body", $"at most {options.MaxLines} lines", "more", StatusCodes.Status413PayloadTooLarge), []);
            }
        }

        return lines.TrueForAll(line => line.IsEmpty) ? (new Refusal("body", "at least one line with a JSON object", "none"), []) : (null, lines);
    }
}
