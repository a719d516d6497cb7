using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Handlers;

/// <summary>CreateTopics, DeleteTopics and CreatePartitions.</summary>
internal sealed class TopicAdminHandlers(TopicCatalog catalog, int nodeId, int defaultPartitions, bool acceptAnyReplicationFactor)
{
    public CreateTopicsResponse Create(CreateTopicsRequest request)
    {
        var repeated = Repeated(request.Topics.Select(topic => topic.Name));
        var response = new CreateTopicsResponse();
        foreach (var topic in request.Topics.DistinctBy(topic => topic.Name))
        {
            response.Topics.Add(repeated.Contains(topic.Name)
                ? new CreateTopicsResponse.TopicResult { Name = topic.Name, Error = ErrorCode.InvalidRequest, ErrorMessage = "Duplicate topic name." }
                : Create(topic, request.ValidateOnly));
        }

        return response;
    }

    public DeleteTopicsResponse Delete(DeleteTopicsRequest request)
    {
        var response = new DeleteTopicsResponse();
        var repeated = Repeated(request.Topics.Select(wanted => wanted.Name ?? wanted.TopicId.ToString()));
        foreach (var wanted in request.Topics.DistinctBy(wanted => wanted.Name ?? wanted.TopicId.ToString()))
        {
            var byId = wanted.TopicId != Guid.Empty;
            var topic = byId ? catalog.Find(wanted.TopicId) : catalog.Find(wanted.Name ?? string.Empty);
            var result = new DeleteTopicsResponse.TopicResult { Name = wanted.Name ?? topic?.Name, TopicId = topic?.Id ?? wanted.TopicId };
            response.Topics.Add(result);
            (result.Error, result.ErrorMessage) =
                repeated.Contains(wanted.Name ?? wanted.TopicId.ToString()) ? (ErrorCode.InvalidRequest, "Duplicate topic.")
                : byId && wanted.Name is not null ? (ErrorCode.InvalidRequest, "You may not specify both topic name and topic id.")
                : !byId && wanted.Name is null ? (ErrorCode.InvalidRequest, "Neither topic name nor id were specified.")
                : topic is null ? (byId ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition, "This server does not host this topic.")
                : topic.IsInternal ? (ErrorCode.InvalidTopicException, $"{topic.Name} belongs to the broker.")
                : catalog.Delete(topic);
        }

        return response;
    }

    public CreatePartitionsResponse AddPartitions(CreatePartitionsRequest request)
    {
        var repeated = Repeated(request.Topics.Select(topic => topic.Name));
        var response = new CreatePartitionsResponse();
        foreach (var wanted in request.Topics.DistinctBy(topic => topic.Name))
        {
            var result = new CreatePartitionsResponse.TopicResult { Name = wanted.Name };
            response.Topics.Add(result);
            (result.Error, result.ErrorMessage) = repeated.Contains(wanted.Name)
                ? (ErrorCode.InvalidRequest, "Duplicate topic name.")
                : AddPartitions(wanted, request.ValidateOnly);
        }

        return response;
    }

    private CreateTopicsResponse.TopicResult Create(CreateTopicsRequest.TopicData wanted, bool validateOnly)
    {
        var result = new CreateTopicsResponse.TopicResult { Name = wanted.Name };
        var partitions = wanted.Partitions;
        if (wanted.Assignments.Count > 0)
        {
            (result.Error, result.ErrorMessage) = CheckAssignments(wanted);
            partitions = wanted.Assignments.Count;
        }
        else if (wanted.ReplicationFactor is 0 or < -1 || (wanted.ReplicationFactor > 1 && !acceptAnyReplicationFactor))
        {
            (result.Error, result.ErrorMessage) = (
                ErrorCode.InvalidReplicationFactor,
                wanted.ReplicationFactor > 1
                    ? $"Unable to replicate the partition {wanted.ReplicationFactor} time(s): only 1 broker(s) are registered."
                    : "Replication factor must be larger than 0, or -1 to use the default value.");
        }
        else if (partitions == -1)
        {
            partitions = defaultPartitions;
        }

        if (result.Error != ErrorCode.None) { return result; }
        var configs = new Dictionary<string, string?>();
        foreach (var config in wanted.Configs) { configs[config.Name] = config.Value; }
        (result.Error, result.ErrorMessage, var topic) = catalog.Create(wanted.Name, partitions, configs, validateOnly);
        if (result.Error != ErrorCode.None) { return result; }
        result.TopicId = topic?.Id ?? Guid.Empty;
        result.Partitions = partitions;
        result.ReplicationFactor = 1;
        result.Configs = topic is null ? [] : [.. topic.Config.Describe().Select(entry => new CreateTopicsResponse.Config
        {
            Name = entry.Name, Value = entry.Value, Source = (sbyte)entry.Source, IsSensitive = entry.IsSensitive,
        })];
        return result;
    }

    private (ErrorCode Error, string? Message) CheckAssignments(CreateTopicsRequest.TopicData wanted)
    {
        if (wanted.Partitions != -1 || wanted.ReplicationFactor != -1)
        {
            return (ErrorCode.InvalidRequest, "A manual partition assignment was specified, but numPartitions or replicationFactor was not set to -1.");
        }

        var rows = wanted.Assignments.OrderBy(assignment => assignment.Partition).ToList();
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Partition != i) { return (ErrorCode.InvalidReplicaAssignment, "partitions should be a consecutive 0-based integer sequence"); }
            if (CheckBrokers(rows[i].Brokers) is { } wrong) { return (ErrorCode.InvalidReplicaAssignment, wrong); }
        }

        return (ErrorCode.None, null);
    }

    private string? CheckBrokers(List<int> brokers) =>
        brokers.Count == 0 ? "The manual partition assignment includes an empty replica list."
        : brokers.Any(broker => broker != nodeId) ? $"The manual partition assignment includes broker {brokers.First(broker => broker != nodeId)}, but no such broker is registered."
        : brokers.Count > 1 ? $"The manual partition assignment includes the broker {nodeId} more than once."
        : null;

    private (ErrorCode Error, string? Message) AddPartitions(CreatePartitionsRequest.TopicData wanted, bool validateOnly)
    {
        if (catalog.Find(wanted.Name) is not { } topic) { return (ErrorCode.UnknownTopicOrPartition, "This server does not host this topic-partition."); }
        if (topic.IsInternal) { return (ErrorCode.InvalidTopicException, $"{topic.Name} belongs to the broker."); }
        var existing = topic.Partitions.Count;
        if (wanted.Assignments is { } rows && wanted.Count > existing)
        {
            if (rows.Count != wanted.Count - existing)
            {
                return (ErrorCode.InvalidReplicaAssignment, $"Attempted to add {wanted.Count - existing} additional partition(s), but only {rows.Count} assignment(s) were specified.");
            }

            if (rows.Select(row => CheckBrokers(row.Brokers)).FirstOrDefault(wrong => wrong is not null) is { } wrong)
            {
                return (ErrorCode.InvalidReplicaAssignment, wrong);
            }
        }

        return catalog.AddPartitions(topic, wanted.Count, validateOnly);
    }

    private static HashSet<string> Repeated(IEnumerable<string> names) =>
        [.. names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key)];
}
