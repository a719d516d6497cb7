namespace HsStream.Domain.Messages;

/// <summary>One declaration line's goods; see <c>schemas/ProductDescription.avsc</c>.</summary>
public sealed record ProductDescription
{
    public required string DescriptionId { get; init; }

    public required string Text { get; init; }

    public string? Source { get; init; }

    /// <summary>As the shipper wrote it, 6 to 10 digits when it is one at all; a weak label.</summary>
    public string? DeclaredCode { get; init; }

    public DateTimeOffset? DescribedAt { get; init; }

    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();
}
