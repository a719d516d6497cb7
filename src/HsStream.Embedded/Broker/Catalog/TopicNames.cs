namespace HsStream.Embedded.Broker.Catalog;

/// <summary>Kafka's rules for topic names.</summary>
internal static class TopicNames
{
    public const string ConsumerOffsets = "__consumer_offsets";
    public const string TransactionState = "__transaction_state";

    private const int MaxLength = 249;

    public static bool IsInternal(string name) => name is ConsumerOffsets or TransactionState;

    /// <returns>What is wrong with the name in Kafka's words, or null.</returns>
    public static string? Validate(string name)
    {
        var reason = name switch
        {
            "" => "the empty string is not allowed",
            "." => "'.' is not allowed",
            ".." => "'..' is not allowed",
            { Length: > MaxLength } => $"the length of '{name}' is longer than the max allowed length {MaxLength}",
            _ when !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') =>
                $"'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
            _ => null,
        };
        return reason is null ? null : $"Topic name is invalid: {reason}";
    }

    /// <summary>Names that differ only in '.' and '_' would share one metric name, so Kafka allows only one of them.</summary>
    public static string Unified(string name) => name.Replace('.', '_');
}
