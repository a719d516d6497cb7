using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Catalog;

/// <summary>What one record of the catalog file says; the numbers are stored and never change.</summary>
internal enum CatalogEntryKind : sbyte
{
    /// <summary>First record of the file: format version and cluster id.</summary>
    Header = 1,
    TopicCreated = 2,
    TopicDeleted = 3,

    /// <summary>The topic has this many partitions now.</summary>
    PartitionsSet = 4,

    /// <summary>Replaces the topic's explicit settings.</summary>
    TopicConfigsSet = 5,

    /// <summary>Producer ids below this one may be in use.</summary>
    ProducerIdsReserved = 6,

    /// <summary>Replaces the settings that administrators gave the broker.</summary>
    BrokerConfigsSet = 7,
}

/// <summary>One record of the catalog file.</summary>
internal sealed class CatalogEntry : IWireStruct
{
    public CatalogEntryKind Kind;
    public int FormatVersion;

    /// <summary>The topic's id, or the cluster's in a header.</summary>
    public Guid Id;
    public string Name = string.Empty;
    public bool IsInternal;
    public int Partitions;
    public long NextProducerId;
    public List<Setting> Settings = [];
    public List<Setting> ClusterWideSettings = [];

    public void Visit(Wire wire)
    {
        var kind = (sbyte)Kind;
        wire.Int8(ref kind);
        Kind = (CatalogEntryKind)kind;
        switch (Kind)
        {
            case CatalogEntryKind.Header:
                wire.Int32(ref FormatVersion);
                wire.Uuid(ref Id);
                break;
            case CatalogEntryKind.TopicCreated:
                wire.Uuid(ref Id);
                wire.String(ref Name);
                wire.Bool(ref IsInternal);
                wire.Int32(ref Partitions);
                wire.Array(ref Settings);
                break;
            case CatalogEntryKind.TopicDeleted:
                wire.Uuid(ref Id);
                break;
            case CatalogEntryKind.PartitionsSet:
                wire.Uuid(ref Id);
                wire.Int32(ref Partitions);
                break;
            case CatalogEntryKind.TopicConfigsSet:
                wire.Uuid(ref Id);
                wire.Array(ref Settings);
                break;
            case CatalogEntryKind.ProducerIdsReserved:
                wire.Int64(ref NextProducerId);
                break;
            case CatalogEntryKind.BrokerConfigsSet:
                wire.Array(ref Settings);
                wire.Array(ref ClusterWideSettings);
                break;
            default:
                throw new ProtocolException($"A catalog record of kind {kind} is unknown.");
        }
    }

    public static List<Setting> ToSettings(IReadOnlyDictionary<string, string> settings) =>
        [.. settings.OrderBy(setting => setting.Key, StringComparer.Ordinal).Select(setting => new Setting { Name = setting.Key, Value = setting.Value })];

    public static Dictionary<string, string> FromSettings(List<Setting> settings)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in settings) { result[setting.Name] = setting.Value; }

        return result;
    }

    internal sealed class Setting : IWireStruct
    {
        public string Name = string.Empty;
        public string Value = string.Empty;

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.String(ref Value);
        }
    }
}
