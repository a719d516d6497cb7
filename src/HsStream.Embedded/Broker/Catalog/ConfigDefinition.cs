using System.Globalization;

namespace HsStream.Embedded.Broker.Catalog;

/// <summary>Types of settings as DescribeConfigs numbers them.</summary>
internal enum ConfigType : sbyte
{
    /// <summary>A name that is not in the tables; treated as secret.</summary>
    Unknown = 0,
    Boolean = 1,
    String = 2,
    Int = 3,
    Short = 4,
    Long = 5,
    Double = 6,
    List = 7,
    Class = 8,
    Password = 9,
}

/// <summary>Where an effective value comes from, as DescribeConfigs numbers it.</summary>
internal enum ConfigSource : sbyte
{
    Topic = 1,
    DynamicBroker = 2,
    DynamicDefaultBroker = 3,
    StaticBroker = 4,
    Default = 5,
}

/// <summary>One level at which a setting has a value.</summary>
internal readonly record struct ConfigSynonym(string Name, string? Value, ConfigSource Source);

/// <summary>One row of a DescribeConfigs answer.</summary>
/// <param name="Synonyms">In order of precedence; the first one gives the value.</param>
internal sealed record ConfigEntry(
    ConfigDefinition Definition, string? Value, ConfigSource Source, IReadOnlyList<ConfigSynonym> Synonyms)
{
    public string Name => Definition.Name;

    public bool IsSensitive => Definition.IsSensitive;
}

/// <summary>A setting known by name: type, default, allowed values.</summary>
/// <param name="Default">Null when the setting has none.</param>
internal sealed record ConfigDefinition(string Name, ConfigType Type, string? Default, string Documentation)
{
    /// <summary>Smallest allowed number.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>Largest allowed number.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>The only allowed texts, or list elements; null allows any.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>The value is never shown.</summary>
    public bool IsSensitive => Type is ConfigType.Password or ConfigType.Unknown;

    /// <summary>A further check: what is wrong with the text, or null.</summary>
    public Func<string, string?>? Check { get; init; }

    /// <summary>Fixed while the broker runs.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>For a topic setting: the broker settings that give its default, first match wins, with a factor to its unit.</summary>
    public IReadOnlyList<(string Name, long Factor)> BrokerSettings { get; init; } = [];

    /// <summary>False for what is stored and shown but changes nothing here.</summary>
    public bool IsHonoured { get; init; }

    /// <summary>Checks a text as Apache Kafka does; its message is in Kafka's words, for tools that match it.</summary>
    /// <returns>The text as it is shown (trimmed, booleans in lower case), or an error message.</returns>
    public (string? Value, string? Error) Parse(string text)
    {
        var value = text.Trim();
        return Type switch
        {
            ConfigType.Boolean => value.ToLowerInvariant() is "true" or "false"
                ? (value.ToLowerInvariant(), null)
                : Invalid(value, "Expected value to be either true or false"),
            ConfigType.Int => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var i)
                ? InRange(value, i)
                : Invalid(value, "Not a number of type INT"),
            ConfigType.Short => short.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var s)
                ? InRange(value, s)
                : Invalid(value, "Not a number of type SHORT"),
            ConfigType.Long => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var l)
                ? InRange(value, l)
                : Invalid(value, "Not a number of type LONG"),
            ConfigType.Double => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) && !double.IsNaN(d)
                ? InRange(value, d)
                : Invalid(value, "Not a number of type DOUBLE"),
            ConfigType.List => AllChosen(SplitList(value)),
            _ => AllChosen([value]),
        };
    }

    public static string[] SplitList(string value) =>
        value.Length == 0 ? [] : value.Split(',', StringSplitOptions.TrimEntries);

    private (string? Value, string? Error) InRange(string value, double number)
    {
        if (number < Min) { return Invalid(value, string.Create(CultureInfo.InvariantCulture, $"Value must be at least {Min}")); }

        if (number > Max) { return Invalid(value, string.Create(CultureInfo.InvariantCulture, $"Value must be no more than {Max}")); }

        return Checked(value);
    }

    private (string? Value, string? Error) AllChosen(string[] values)
    {
        var unknown = Choices is null ? null : values.FirstOrDefault(value => !Choices.Contains(value));
        return unknown is null
            ? Checked(string.Join(',', values))
            : Invalid(unknown, $"String must be one of: {string.Join(", ", Choices!)}");
    }

    private (string? Value, string? Error) Checked(string value) =>
        Check?.Invoke(value) is { } wrong ? Invalid(value, wrong) : (value, null);

    private (string? Value, string? Error) Invalid(string value, string why) =>
        (null, $"Invalid value {value} for configuration {Name}: {why}");
}
