using Confluent.Kafka;

namespace HsStream.Chaos.Load;

internal static class ClientSettings
{
    /// <summary>
    /// librdkafka 2.16 starts anew from its bootstrap list when every broker is gone, which with one broker is each restart, and then
    /// waits for ever for the group coordinator it knew before: TxnOffsetCommit is never sent. Seen here; no broker can help it.
    /// </summary>
    public const MetadataRecoveryStrategy NoRebootstrap = MetadataRecoveryStrategy.None;
}
