using System.Text;
using HsStream.Domain.Messages;

namespace HsStream.Chaos.Pipeline.Load;

/// <summary>A record as it is produced.</summary>
/// <param name="Poison">The reason with which it must be dead-lettered; null when it must be predicted.</param>
/// <param name="Timestamp">Milliseconds since 1970; null leaves it to the client.</param>
internal sealed record LoadRecord(string? Key, byte[]? Value, string? Poison, long? Timestamp = null);

/// <summary>Records that can never be scored, of every kind that a broker with Kafka's default limits lets in.</summary>
internal sealed class PoisonRecords(DescriptionEncoding encoding)
{
    private const long Year1900 = -2_208_988_800_000;
    private const long Year2500 = 16_725_225_600_000;

    /// <summary>How many kinds there are.</summary>
    public const int Kinds = 16;

    /// <param name="kind">0 to <see cref="Kinds"/> - 1.</param>
    public LoadRecord Make(int kind, string id, string text) => kind switch
    {
        0 => new(id, Encoding.UTF8.GetBytes($$"""{"description_id":"{{id}}","text":"{{text}}"}"""), DeadLetterReasons.NotFramed),
        1 => new(id, [0, 1, 2], DeadLetterReasons.NotFramed),
        2 => new(id, [], DeadLetterReasons.NotFramed),
        3 => new(id, null, DeadLetterReasons.NullValue),
        4 => new(id, DescriptionEncoding.Frame(2_000_000_000, Body(id, text)), DeadLetterReasons.UnknownSchema),
        5 => new(id, DescriptionEncoding.Frame(encoding.OtherId, [2, (byte)'x']), DeadLetterReasons.WrongSchema),
        6 => new(id, DescriptionEncoding.Frame(encoding.Id, Body(id, text)[..^3]), DeadLetterReasons.Unreadable),
        7 => new(id, DescriptionEncoding.Frame(encoding.Id, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), DeadLetterReasons.Unreadable),
        8 => new(id, encoding.Encode(id, "", null), DeadLetterReasons.EmptyText),
        9 => new(id, encoding.Encode(id, " \t\n ", null), DeadLetterReasons.EmptyText),
        10 => new(id, encoding.Encode(id, new string('x', 40_000), null), DeadLetterReasons.OversizeText),
        11 => new(id, encoding.Encode(id, text, Year1900), DeadLetterReasons.InvalidField),
        12 => new(id, encoding.Encode(id, text, Year2500), DeadLetterReasons.InvalidField),
        13 => new(id + new string('9', 201), encoding.Encode(id + new string('9', 201), text, null), DeadLetterReasons.InvalidField),
        14 => new(id + "-other", encoding.Encode(id, text, null), DeadLetterReasons.KeyMismatch),
        15 => new(null, encoding.Encode(id, text, null), DeadLetterReasons.KeyMismatch),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, $"Expected 0 to {Kinds - 1}."),
    };

    private byte[] Body(string id, string text) => encoding.Encode(id, text, null)[5..];
}
