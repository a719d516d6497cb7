using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Handlers;

/// <summary>Metadata, FindCoordinator and DescribeCluster: this one broker is the answer to each of them.</summary>
internal sealed class MetadataHandlers(TopicCatalog catalog, BrokerIdentity self, bool autoCreateTopics, int defaultPartitions)
{
    public MetadataResponse Metadata(MetadataRequest request)
    {
        var response = new MetadataResponse
        {
            Brokers = [new MetadataResponse.BrokerNode { NodeId = self.NodeId, Host = self.Host, Port = self.Port }],
            ClusterId = self.ClusterId,
            ControllerId = self.NodeId,
        };
        if (request.IncludeClusterAuthorizedOperations) { response.ClusterAuthorizedOperations = AuthorizedOperations.OnCluster; }
        response.Topics.AddRange(request.Topics is null
            ? catalog.Topics.Select(Describe)
            : request.Topics.Select(wanted => wanted.TopicId != Guid.Empty
                ? FindById(wanted.TopicId)
                : FindByName(wanted.Name ?? string.Empty, autoCreateTopics && request.AllowAutoTopicCreation)));
        if (request.IncludeTopicAuthorizedOperations)
        {
            foreach (var known in response.Topics.Where(topic => topic.Error == ErrorCode.None)) { known.AuthorizedOperations = AuthorizedOperations.OnTopic; }
        }

        return response;
    }

    public FindCoordinatorResponse FindCoordinator(FindCoordinatorRequest request, short version)
    {
        var response = new FindCoordinatorResponse { NodeId = self.NodeId, Host = self.Host, Port = self.Port };
        if (request.KeyType is not (0 or 1))
        {
            return new FindCoordinatorResponse
            {
                Error = ErrorCode.InvalidRequest,
                ErrorMessage = $"Expected key type 0 (group) or 1 (transaction), got {request.KeyType}.",
                Coordinators = [.. request.Keys.Select(key => new FindCoordinatorResponse.Coordinator { Key = key, Error = ErrorCode.InvalidRequest })],
            };
        }

        if (version < 4)
        {
            response.ErrorMessage = "NONE";
            return response;
        }

        response.Coordinators.AddRange(request.Keys.Select(key =>
            new FindCoordinatorResponse.Coordinator { Key = key, NodeId = self.NodeId, Host = self.Host, Port = self.Port, ErrorMessage = string.Empty }));
        return response;
    }

    public DescribeClusterResponse DescribeCluster(DescribeClusterRequest request)
    {
        if (request.EndpointType != 1)
        {
            return new DescribeClusterResponse
            {
                Error = request.EndpointType == 2 ? ErrorCode.MismatchedEndpointType : ErrorCode.UnsupportedEndpointType,
                ErrorMessage = $"Expected endpoint type 1 (brokers), got {request.EndpointType}.",
            };
        }

        return new DescribeClusterResponse
        {
            ClusterId = self.ClusterId,
            ControllerId = self.NodeId,
            AuthorizedOperations = request.IncludeAuthorizedOperations ? AuthorizedOperations.OnCluster : AuthorizedOperations.NotAsked,
            Brokers = [new DescribeClusterResponse.BrokerNode { NodeId = self.NodeId, Host = self.Host, Port = self.Port }],
        };
    }

    private MetadataResponse.TopicResult FindById(Guid id) =>
        catalog.Find(id) is { } topic ? Describe(topic) : new MetadataResponse.TopicResult { Error = ErrorCode.UnknownTopicId, TopicId = id };

    private MetadataResponse.TopicResult FindByName(string name, bool create)
    {
        if (catalog.Find(name) is { } topic) { return Describe(topic); }
        if (TopicNames.Validate(name) is not null) { return new MetadataResponse.TopicResult { Name = name, Error = ErrorCode.InvalidTopicException }; }
        if (!create) { return new MetadataResponse.TopicResult { Name = name, Error = ErrorCode.UnknownTopicOrPartition }; }
        var (error, _, created) = catalog.Create(name, defaultPartitions, new Dictionary<string, string?>(), validateOnly: false);
        created ??= error == ErrorCode.TopicAlreadyExists ? catalog.Find(name) : null;
        return created is not null ? Describe(created) : new MetadataResponse.TopicResult { Name = name, Error = error };
    }

    private MetadataResponse.TopicResult Describe(Topic topic)
    {
        var result = new MetadataResponse.TopicResult { Name = topic.Name, TopicId = topic.Id, IsInternal = topic.IsInternal };
        for (var i = 0; i < topic.Partitions.Count; i++)
        {
            var offline = topic.Partitions[i].OfflineReason is not null;
            result.Partitions.Add(new MetadataResponse.PartitionResult
            {
                Partition = i,
                Error = offline ? ErrorCode.LeaderNotAvailable : ErrorCode.None,
                LeaderId = offline ? -1 : self.NodeId,
                Replicas = [self.NodeId],
                Isr = [self.NodeId],
                Offline = offline ? [self.NodeId] : [],
            });
        }

        return result;
    }
}
