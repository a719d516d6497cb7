namespace HsStream.Embedded.Broker.Catalog;

/// <summary>The effective settings of one topic, parsed once; names, defaults and ranges are Apache Kafka's.</summary>
internal sealed class TopicConfig
{
    /// <summary>What was set explicitly, as text.</summary>
    public IReadOnlyDictionary<string, string> Explicit => throw new NotImplementedException();
}
