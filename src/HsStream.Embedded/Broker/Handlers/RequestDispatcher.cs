using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Network;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Handlers;

/// <summary>Names the handler of every request type.</summary>
internal sealed class RequestDispatcher(
    ProduceHandler produce,
    FetchHandler fetch,
    OffsetHandlers offsets,
    MetadataHandlers metadata,
    TopicAdminHandlers topics,
    ConfigHandlers configs,
    BrokerCoordinator coordinator) : IRequestHandler
{
    public Task<IWireStruct?> HandleAsync(RequestContext context, IWireStruct request)
    {
        var version = context.Version;
        return request switch
        {
            ProduceRequest r => produce.HandleAsync(r, version),
            FetchRequest r => fetch.HandleAsync(r, context),
            ListOffsetsRequest r => Soon(offsets.ListAsync(r, version)),
            OffsetForLeaderEpochRequest r => Now(offsets.ForLeaderEpoch(r)),
            ApiVersionsRequest r => Now(ApiVersionsHandler.Handle(r, version)),
            MetadataRequest r => Now(metadata.Metadata(r)),
            FindCoordinatorRequest r => Now(metadata.FindCoordinator(r, version)),
            DescribeClusterRequest r => Now(metadata.DescribeCluster(r)),
            JoinGroupRequest r => Soon(coordinator.JoinGroupAsync(r, version, context.Header.ClientId, context.ClientHost)),
            SyncGroupRequest r => Soon(coordinator.SyncGroupAsync(r, version)),
            HeartbeatRequest r => Soon(coordinator.HeartbeatAsync(r)),
            LeaveGroupRequest r => Soon(coordinator.LeaveGroupAsync(r, version)),
            OffsetCommitRequest r => Soon(coordinator.OffsetCommitAsync(r)),
            OffsetFetchRequest r => Soon(coordinator.OffsetFetchAsync(r)),
            DescribeGroupsRequest r => Soon(coordinator.DescribeGroupsAsync(r)),
            ListGroupsRequest r => Soon(coordinator.ListGroupsAsync(r)),
            DeleteGroupsRequest r => Soon(coordinator.DeleteGroupsAsync(r)),
            OffsetDeleteRequest r => Soon(coordinator.OffsetDeleteAsync(r)),
            InitProducerIdRequest r => Soon(coordinator.InitProducerIdAsync(r, version)),
            AddPartitionsToTxnRequest r => Soon(coordinator.AddPartitionsToTxnAsync(r, version)),
            AddOffsetsToTxnRequest r => Soon(coordinator.AddOffsetsToTxnAsync(r, version)),
            EndTxnRequest r => Soon(coordinator.EndTxnAsync(r, version)),
            TxnOffsetCommitRequest r => Soon(coordinator.TxnOffsetCommitAsync(r)),
            ListTransactionsRequest r => Soon(coordinator.ListTransactionsAsync(r)),
            DescribeTransactionsRequest r => Soon(coordinator.DescribeTransactionsAsync(r)),
            CreateTopicsRequest r => Aside(() => topics.Create(r)),
            DeleteTopicsRequest r => Aside(() => topics.Delete(r)),
            CreatePartitionsRequest r => Aside(() => topics.AddPartitions(r)),
            DeleteRecordsRequest r => Aside(() => offsets.DeleteRecords(r)),
            DescribeConfigsRequest r => Now(configs.Describe(r)),
            AlterConfigsRequest r => Aside(() => configs.Replace(r)),
            IncrementalAlterConfigsRequest r => Aside(() => configs.Change(r)),
            _ => throw new ProtocolException($"There is no handler for {request.GetType().Name}."),
        };
    }

    private static Task<IWireStruct?> Now(IWireStruct response) => Task.FromResult<IWireStruct?>(response);

    private static async Task<IWireStruct?> Soon<T>(Task<T> response)
        where T : IWireStruct => await response;

    /// <summary>Administration flushes folders and files, so it must not hold up the requests behind it.</summary>
    private static Task<IWireStruct?> Aside(Func<IWireStruct> handle) => Task.Run<IWireStruct?>(handle);
}
