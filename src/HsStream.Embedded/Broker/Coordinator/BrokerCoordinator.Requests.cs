using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Coordinator;

/// <content>One method for each request type.</content>
internal sealed partial class BrokerCoordinator
{
    /// <param name="clientHost">As members are described to administrators: "/" and the address.</param>
    public Task<JoinGroupResponse> JoinGroupAsync(JoinGroupRequest request, short version, string? clientId, string clientHost) =>
        AskAsync<JoinGroupResponse>(reply => _groups.Join(request, version, clientId ?? string.Empty, clientHost, reply));

    public Task<SyncGroupResponse> SyncGroupAsync(SyncGroupRequest request, short version) =>
        AskAsync<SyncGroupResponse>(reply => _groups.Sync(request, version, reply));

    public Task<HeartbeatResponse> HeartbeatAsync(HeartbeatRequest request) =>
        AskAsync<HeartbeatResponse>(reply => reply.TrySetResult(new HeartbeatResponse { Error = _groups.Heartbeat(request) }));

    public Task<LeaveGroupResponse> LeaveGroupAsync(LeaveGroupRequest request, short version) =>
        AskAsync<LeaveGroupResponse>(reply => reply.TrySetResult(_groups.Leave(request, version)));

    public Task<OffsetCommitResponse> OffsetCommitAsync(OffsetCommitRequest request) =>
        AskAsync<OffsetCommitResponse>(reply => _offsets.Commit(request, reply));

    public Task<OffsetFetchResponse> OffsetFetchAsync(OffsetFetchRequest request) =>
        AskAsync<OffsetFetchResponse>(reply => _offsets.Fetch(request, reply));

    public Task<DescribeGroupsResponse> DescribeGroupsAsync(DescribeGroupsRequest request) =>
        AskAsync<DescribeGroupsResponse>(reply => reply.TrySetResult(_groups.Describe(request)));

    public Task<ListGroupsResponse> ListGroupsAsync(ListGroupsRequest request) =>
        AskAsync<ListGroupsResponse>(reply => reply.TrySetResult(_groups.List(request)));

    public Task<DeleteGroupsResponse> DeleteGroupsAsync(DeleteGroupsRequest request) =>
        AskAsync<DeleteGroupsResponse>(reply => _offsets.DeleteGroups(request, reply));

    public Task<OffsetDeleteResponse> OffsetDeleteAsync(OffsetDeleteRequest request) =>
        AskAsync<OffsetDeleteResponse>(reply => _offsets.Delete(request, reply));

    /// <summary>Without a transactional id: a fresh producer id and epoch 0, whatever was supplied.</summary>
    public Task<InitProducerIdResponse> InitProducerIdAsync(InitProducerIdRequest request, short version) =>
        request.TransactionalId is null
            ? Task.FromResult(NewIdempotentProducer(request))
            : AskAsync<InitProducerIdResponse>(reply => _transactions.InitProducerId(request, version, reply));

    public Task<AddPartitionsToTxnResponse> AddPartitionsToTxnAsync(AddPartitionsToTxnRequest request, short version) =>
        AskAsync<AddPartitionsToTxnResponse>(reply => _transactions.AddPartitions(request, version, reply));

    public Task<TxnResponse> AddOffsetsToTxnAsync(AddOffsetsToTxnRequest request, short version) =>
        AskAsync<TxnResponse>(reply => _transactions.AddOffsets(request, version, reply));

    public Task<TxnResponse> EndTxnAsync(EndTxnRequest request, short version) =>
        AskAsync<TxnResponse>(reply => _transactions.End(request, version, reply));

    public Task<TxnOffsetCommitResponse> TxnOffsetCommitAsync(TxnOffsetCommitRequest request) =>
        AskAsync<TxnOffsetCommitResponse>(reply =>
            reply.TrySetResult(_offsets.CommitInTransaction(request, _transactions.ValidateOffsetCommit(request))));

    public Task<ListTransactionsResponse> ListTransactionsAsync(ListTransactionsRequest request) =>
        AskAsync<ListTransactionsResponse>(reply => reply.TrySetResult(_transactions.List(request)));

    public Task<DescribeTransactionsResponse> DescribeTransactionsAsync(DescribeTransactionsRequest request) =>
        AskAsync<DescribeTransactionsResponse>(reply => reply.TrySetResult(_transactions.Describe(request)));

    private InitProducerIdResponse NewIdempotentProducer(InitProducerIdRequest request)
    {
        if (request.ProducerId >= 0 != request.ProducerEpoch >= 0) { return new InitProducerIdResponse { Error = ErrorCode.InvalidRequest }; }

        try
        {
            return new InitProducerIdResponse { ProducerId = _catalog.NextProducerId(), ProducerEpoch = 0 };
        }
        catch (IOException exception)
        {
            _logger.NoProducerId(exception);
            return new InitProducerIdResponse { Error = ErrorCode.CoordinatorNotAvailable };
        }
    }
}
