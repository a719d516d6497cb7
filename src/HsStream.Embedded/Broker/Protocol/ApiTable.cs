namespace HsStream.Embedded.Broker.Protocol;

/// <summary>One request type: the versions we advertise and serve, and how to make its messages.</summary>
/// <param name="MinAdvertised">Lower than <paramref name="MinServed"/> only for Produce, see there.</param>
/// <param name="FirstFlexible">First version with compact lengths and tag buffers; <see cref="short.MaxValue"/> for never.</param>
internal sealed record ApiInfo(
    ApiKey Key,
    short MinAdvertised,
    short MinServed,
    short MaxVersion,
    short FirstFlexible,
    Func<IWireStruct> NewRequest,
    Func<IWireStruct> NewResponse)
{
    public bool IsFlexible(short version) => version >= FirstFlexible;
}

/// <summary>Every request type this broker speaks, with the reason for bounds that are not simply "what we implement".</summary>
internal static class ApiTable
{
    private static readonly ApiInfo[] Table =
    [
        // 0 is advertised though record format v2 needs 3: librdkafka up to 2.11 sends uncompressed batches otherwise.
        Api<ProduceRequest, ProduceResponse>(ApiKey.Produce, 3, 11, 9, advertised: 0),
        Api<FetchRequest, FetchResponse>(ApiKey.Fetch, 4, 13, 12),
        Api<ListOffsetsRequest, ListOffsetsResponse>(ApiKey.ListOffsets, 1, 7, 6),
        Api<MetadataRequest, MetadataResponse>(ApiKey.Metadata, 0, 12, 9),
        Api<OffsetCommitRequest, OffsetCommitResponse>(ApiKey.OffsetCommit, 2, 8, 8),
        Api<OffsetFetchRequest, OffsetFetchResponse>(ApiKey.OffsetFetch, 1, 8, 6),
        Api<FindCoordinatorRequest, FindCoordinatorResponse>(ApiKey.FindCoordinator, 0, 4, 3),
        Api<JoinGroupRequest, JoinGroupResponse>(ApiKey.JoinGroup, 0, 9, 6),
        Api<HeartbeatRequest, HeartbeatResponse>(ApiKey.Heartbeat, 0, 4, 4),
        Api<LeaveGroupRequest, LeaveGroupResponse>(ApiKey.LeaveGroup, 0, 5, 4),
        Api<SyncGroupRequest, SyncGroupResponse>(ApiKey.SyncGroup, 0, 5, 4),
        Api<DescribeGroupsRequest, DescribeGroupsResponse>(ApiKey.DescribeGroups, 0, 5, 5),
        Api<ListGroupsRequest, ListGroupsResponse>(ApiKey.ListGroups, 0, 5, 3),
        Api<ApiVersionsRequest, ApiVersionsResponse>(ApiKey.ApiVersions, 0, 4, 3),
        Api<CreateTopicsRequest, CreateTopicsResponse>(ApiKey.CreateTopics, 2, 7, 5),
        Api<DeleteTopicsRequest, DeleteTopicsResponse>(ApiKey.DeleteTopics, 1, 6, 4),
        Api<DeleteRecordsRequest, DeleteRecordsResponse>(ApiKey.DeleteRecords, 0, 2, 2),
        Api<InitProducerIdRequest, InitProducerIdResponse>(ApiKey.InitProducerId, 0, 4, 2),
        Api<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(ApiKey.OffsetForLeaderEpoch, 2, 4, 4),
        Api<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(ApiKey.AddPartitionsToTxn, 0, 3, 3),
        Api<AddOffsetsToTxnRequest, TxnResponse>(ApiKey.AddOffsetsToTxn, 0, 3, 3),
        Api<EndTxnRequest, TxnResponse>(ApiKey.EndTxn, 0, 3, 3),
        Api<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(ApiKey.TxnOffsetCommit, 0, 3, 3),
        Api<DescribeConfigsRequest, DescribeConfigsResponse>(ApiKey.DescribeConfigs, 1, 4, 4),
        Api<AlterConfigsRequest, AlterConfigsResponse>(ApiKey.AlterConfigs, 0, 2, 2),
        Api<CreatePartitionsRequest, CreatePartitionsResponse>(ApiKey.CreatePartitions, 0, 3, 2),
        Api<DeleteGroupsRequest, DeleteGroupsResponse>(ApiKey.DeleteGroups, 0, 2, 2),
        Api<IncrementalAlterConfigsRequest, AlterConfigsResponse>(ApiKey.IncrementalAlterConfigs, 0, 1, 1),
        Api<OffsetDeleteRequest, OffsetDeleteResponse>(ApiKey.OffsetDelete, 0, 0, short.MaxValue),
        Api<DescribeClusterRequest, DescribeClusterResponse>(ApiKey.DescribeCluster, 0, 1, 0),
        Api<DescribeTransactionsRequest, DescribeTransactionsResponse>(ApiKey.DescribeTransactions, 0, 0, 0),
        Api<ListTransactionsRequest, ListTransactionsResponse>(ApiKey.ListTransactions, 0, 1, 0),
    ];

    private static readonly ApiInfo?[] ByKey = Index();

    public static IReadOnlyList<ApiInfo> All => Table;

    public static ApiInfo? Find(short key) => (uint)key < (uint)ByKey.Length ? ByKey[key] : null;

    public static ApiInfo Get(ApiKey key) => ByKey[(int)key]!;

    private static ApiInfo Api<TRequest, TResponse>(ApiKey key, short min, short max, short flexible, short advertised = -1)
        where TRequest : IWireStruct, new()
        where TResponse : IWireStruct, new() =>
        new(key, advertised >= 0 ? advertised : min, min, max, flexible, static () => new TRequest(), static () => new TResponse());

    private static ApiInfo?[] Index()
    {
        var index = new ApiInfo?[Table.Max(api => (int)api.Key) + 1];
        foreach (var api in Table) { index[(int)api.Key] = api; }
        return index;
    }
}
