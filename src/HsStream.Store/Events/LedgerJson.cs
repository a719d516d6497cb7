using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using HsStream.Domain.Ledger;

namespace HsStream.Store.Events;

/// <summary>How events are spelled in the ledger: as <see cref="CanonicalJson"/> from the start, so that hashing needs no second pass.</summary>
public static class LedgerJson
{
    /// <summary>The erasable part of an event; see <see cref="ErasableAttribute"/>. '~' sorts behind every name of ours.</summary>
    public const string Private = "~private";

    /// <summary>SHA-256 over salt and erasable part, in hexadecimal; stays when the part is erased.</summary>
    public const string Commitment = "~commitment";

    /// <summary>Member of the erasable part; without it a short text could be guessed from its commitment.</summary>
    public const string Salt = "~salt";

    /// <summary>Reads events, and writes them whole.</summary>
    public static JsonSerializerOptions Options { get; } = Create(withPrivate: true);

    /// <summary>Writes events without their erasable part.</summary>
    public static JsonSerializerOptions PublicOptions { get; } = Create(withPrivate: false);

    private static JsonSerializerOptions Create(bool withPrivate)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.General)
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            IgnoreReadOnlyProperties = true,
            Encoder = CanonicalEncoder.Instance,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { info => Arrange(info, withPrivate) } },
        };
        options.Converters.Add(new TextConverter());
        options.Converters.Add(new CodeConverter());
        options.Converters.Add(new EditionConverter());
        options.Converters.Add(new SingleConverter());
        options.Converters.Add(new DoubleConverter());
        options.Converters.Add(new InstantConverter());
        options.Converters.Add(new RankedCodeConverter());
        options.Converters.Add(new SortedMapConverter<string>());
        options.Converters.Add(new SortedMapConverter<double>());
        options.Converters.Add(new JsonStringEnumConverter());
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private static void Arrange(JsonTypeInfo info, bool withPrivate)
    {
        if (info.Kind != JsonTypeInfoKind.Object) { return; }
        foreach (var property in info.Properties)
        {
            if (property.AttributeProvider?.IsDefined(typeof(ErasableAttribute), inherit: true) == true)
            {
                property.Name = Private;
                if (!withPrivate) { property.ShouldSerialize = static (_, _) => false; }
            }
        }

        var order = 0;
        foreach (var property in info.Properties.OrderBy(p => p.Name, StringComparer.Ordinal)) { property.Order = order++; }
    }
}
