namespace HsStream.Embedded.Broker.Protocol;

/// <summary>What a client may do to a resource, a bit for each of Kafka's ACL operations.</summary>
/// <remarks>Everyone may do everything here, which Kafka without an authorizer answers with all operations that fit the resource.</remarks>
internal static class AuthorizedOperations
{
    public const int NotAsked = int.MinValue;

    public const int OnTopic = Read | Write | Create | Delete | Alter | Describe | DescribeConfigs | AlterConfigs;
    public const int OnGroup = Read | Delete | Describe | DescribeConfigs | AlterConfigs;
    public const int OnCluster = Create | Alter | Describe | ClusterAction | DescribeConfigs | AlterConfigs | IdempotentWrite;

    private const int Read = 1 << 3;
    private const int Write = 1 << 4;
    private const int Create = 1 << 5;
    private const int Delete = 1 << 6;
    private const int Alter = 1 << 7;
    private const int Describe = 1 << 8;
    private const int ClusterAction = 1 << 9;
    private const int DescribeConfigs = 1 << 10;
    private const int AlterConfigs = 1 << 11;
    private const int IdempotentWrite = 1 << 12;
}
