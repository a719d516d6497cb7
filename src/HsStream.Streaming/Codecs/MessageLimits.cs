using System.ComponentModel.DataAnnotations;

namespace HsStream.Streaming.Codecs;

/// <summary>How large the fields of a message may be. What is larger is dead-lettered, so every role needs the same limits.</summary>
public sealed class MessageLimits
{
    public const string Section = "Messages";

    /// <summary>Of a description's text, in UTF-16 units.</summary>
    [Range(1, 1_000_000)]
    public int MaxTextLength { get; set; } = 10_000;

    /// <summary>Attributes of one description.</summary>
    [Range(0, 100_000)]
    public int MaxAttributes { get; set; } = 100;

    /// <summary>Of any other text: an attribute, a reason, a name.</summary>
    [Range(1, 1_000_000)]
    public int MaxFieldLength { get; set; } = 4_000;

    /// <summary>Of every id and key.</summary>
    internal const int MaxIdLength = 200;
}
