using System.Security.Cryptography;
using HsStream.Domain.Messages;
using HsStream.Service.Configuration;

namespace HsStream.Service.Console;

/// <summary>Where descriptions go. A boundary: the tests of the requests have no Kafka.</summary>
internal interface IDescriptionPublisher
{
    /// <summary>Ends when Kafka has stored the description for good.</summary>
    /// <exception cref="PublishFailedException">It was not, or nobody knows.</exception>
    Task PublishAsync(ProductDescription description, CancellationToken cancellationToken);
}

/// <param name="detail">What is known of the description, for the client.</param>
internal sealed class PublishFailedException(string detail, Exception? inner = null) : Exception(detail, inner);

/// <summary>Checks and publishes the descriptions of a request; every line gets its own answer.</summary>
internal sealed class DescriptionIntake(
    DescriptionJson json, IDescriptionPublisher publisher, IdempotencyStore keys, ConsoleMetrics metrics, ConsoleOptions options, TimeProvider time)
{
    /// <param name="lines">JSON objects; an empty one is no line.</param>
    /// <param name="isBulk">Whether ids that are derived from the key count the lines.</param>
    /// <returns>Null when the key cannot be used now; <paramref name="state"/> says why.</returns>
    public Task<BulkAnswer?> TakeAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> lines, bool isBulk, string? key, out IdempotencyState state, CancellationToken cancellationToken)
    {
        BulkAnswer? before = null;
        state = IdempotencyState.New;
        if (key is not null) { state = keys.Begin(key, Hash(lines), out before); }
        return state switch
        {
            IdempotencyState.New => PublishAsync(lines, isBulk, key, before, cancellationToken),
            IdempotencyState.Answered => Task.FromResult(before),
            _ => Task.FromResult<BulkAnswer?>(null),
        };
    }

    private static string Hash(IReadOnlyList<ReadOnlyMemory<byte>> lines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var line in lines)
        {
            hash.AppendData(line.Span);
            hash.AppendData("\n"u8);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private async Task<BulkAnswer?> PublishAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> lines, bool isBulk, string? key, BulkAnswer? before, CancellationToken cancellationToken)
    {
        BulkAnswer? answer = null;
        try
        {
            // Sent in order, all under way at once: the client keeps the order of a key.
            var sent = new List<Task<LineAnswer>>(lines.Count);
            var settled = before?.Lines.Where(line => line.Status != StatusCodes.Status503ServiceUnavailable).ToDictionary(line => line.Line);
            for (var i = 0; i < lines.Count; i++)
            {
                if (lines[i].IsEmpty) { continue; }
                var line = i + 1;
                sent.Add(settled?.GetValueOrDefault(line) is { } known ? Task.FromResult(known) : TakeLineAsync(lines[i], line, isBulk, key, cancellationToken));
            }

            answer = new BulkAnswer(await Task.WhenAll(sent));
            return answer;
        }
        finally
        {
            if (key is not null) { keys.End(key, answer); }
        }
    }

    private Task<LineAnswer> TakeLineAsync(ReadOnlyMemory<byte> line, int number, bool isBulk, string? key, CancellationToken cancellationToken)
    {
        var refusal = line.Length > options.MaxLineBytes
            ? new Refusal("body", $"at most {options.MaxLineBytes} bytes in one description", $"{line.Length}", StatusCodes.Status413PayloadTooLarge)
            : null;
        ProductDescription? description = null;
        refusal ??= json.Read(line, () => key is null ? DescriptionIds.Make(time) : DescriptionIds.Derive(key, isBulk ? number : 0), out description);
        if (refusal is null) { return PublishAsync(description!, number, cancellationToken); }
        metrics.Refused.Inc();
        return Task.FromResult(new LineAnswer(number, refusal.Status, null, refusal, null));
    }

    private async Task<LineAnswer> PublishAsync(ProductDescription description, int number, CancellationToken cancellationToken)
    {
        try
        {
            await publisher.PublishAsync(description, cancellationToken);
            metrics.Accepted.Inc();
            return new LineAnswer(number, StatusCodes.Status202Accepted, description.DescriptionId, null, null);
        }
        catch (PublishFailedException e)
        {
            metrics.Unpublished.Inc();
            return new LineAnswer(number, StatusCodes.Status503ServiceUnavailable, description.DescriptionId, null, e.Message);
        }
    }
}
