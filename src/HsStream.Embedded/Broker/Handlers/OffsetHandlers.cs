using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Handlers;

/// <summary>ListOffsets, OffsetForLeaderEpoch and DeleteRecords: requests about the ends of a log.</summary>
internal sealed class OffsetHandlers(TopicCatalog catalog)
{
    private const long Latest = -1;
    private const long Earliest = -2;
    private const long MaxTimestamp = -3;

    /// <summary>Looks offsets up.</summary>
    /// <remarks>
    /// What has been appended before the request counts, also when nobody waited for it (acks 0): a single Kafka broker shows it at once,
    /// and here it may take the flush under way.
    /// </remarks>
    public async Task<ListOffsetsResponse> ListAsync(ListOffsetsRequest request, short version)
    {
        var response = new ListOffsetsResponse();
        foreach (var topic in request.Topics)
        {
            var result = new ListOffsetsResponse.TopicResult { Name = topic.Name };
            response.Topics.Add(result);
            foreach (var data in topic.Partitions)
            {
                if (data.Timestamp != Earliest && catalog.Find(new TopicPartition(topic.Name, data.Partition)) is { } log) { await log.WaitDurableAsync(log.LogEndOffset); }

                result.Partitions.Add(List(topic.Name, data, (IsolationLevel)request.Isolation, version));
            }
        }

        return response;
    }

    public OffsetForLeaderEpochResponse ForLeaderEpoch(OffsetForLeaderEpochRequest request)
    {
        var response = new OffsetForLeaderEpochResponse();
        foreach (var topic in request.Topics)
        {
            var result = new OffsetForLeaderEpochResponse.TopicResult { Name = topic.Name };
            response.Topics.Add(result);
            foreach (var data in topic.Partitions)
            {
                var log = Find(topic.Name, data.Partition, data.CurrentLeaderEpoch, out var error);
                var row = new OffsetForLeaderEpochResponse.PartitionResult { Partition = data.Partition, Error = error };
                // One broker never changes leaders: epoch 0 spans the whole log, and no other epoch ever was.
                if (log is not null && data.LeaderEpoch >= 0) { (row.LeaderEpoch, row.EndOffset) = data.LeaderEpoch == 0 ? (0, log.HighWatermark) : (-1, -1); }
                result.Partitions.Add(row);
            }
        }

        return response;
    }

    public DeleteRecordsResponse DeleteRecords(DeleteRecordsRequest request)
    {
        var response = new DeleteRecordsResponse();
        foreach (var topic in request.Topics)
        {
            var result = new DeleteRecordsResponse.TopicResult { Name = topic.Name };
            response.Topics.Add(result);
            foreach (var data in topic.Partitions)
            {
                var row = new DeleteRecordsResponse.PartitionResult { Partition = data.Partition };
                result.Partitions.Add(row);
                var log = Find(topic.Name, data.Partition, -1, out row.Error);
                if (log is null) { continue; }
                var refused = Refusal(catalog.Find(topic.Name)!);
                (row.Error, row.LowWatermark) = refused == ErrorCode.None ? log.DeleteRecords(data.Offset) : (refused, -1);
                if (row.Error != ErrorCode.None) { row.LowWatermark = -1; }
            }
        }

        return response;
    }

    private static ErrorCode Refusal(Topic topic) =>
        topic.IsInternal ? ErrorCode.InvalidTopicException : topic.Config.IsDeleted ? ErrorCode.None : ErrorCode.PolicyViolation;

    private ListOffsetsResponse.PartitionResult List(string topic, ListOffsetsRequest.PartitionData data, IsolationLevel isolation, short version)
    {
        var row = new ListOffsetsResponse.PartitionResult { Partition = data.Partition };
        var log = Find(topic, data.Partition, data.CurrentLeaderEpoch, out row.Error);
        if (log is null) { return row; }
        switch (data.Timestamp)
        {
            case Latest:
                row.Offset = isolation == IsolationLevel.ReadCommitted ? log.LastStableOffset : log.HighWatermark;
                break;
            case Earliest:
                row.Offset = log.LogStartOffset;
                break;
            case MaxTimestamp when version >= 7:
                (row.Offset, row.Timestamp) = log.FindMaxTimestamp();
                break;
            case < 0:
                row.Error = ErrorCode.UnsupportedVersion;
                break;
            default:
                (row.Offset, row.Timestamp) = log.FindByTimestamp(data.Timestamp, isolation);
                break;
        }

        if (row.Offset >= 0) { row.LeaderEpoch = 0; }
        return row;
    }

    private PartitionLog? Find(string topic, int partition, int currentLeaderEpoch, out ErrorCode error)
    {
        var log = catalog.Find(new TopicPartition(topic, partition));
        error = log is null ? ErrorCode.UnknownTopicOrPartition
            : log.OfflineReason is not null ? ErrorCode.KafkaStorageError
            : currentLeaderEpoch > 0 ? ErrorCode.UnknownLeaderEpoch
            : ErrorCode.None;
        return error == ErrorCode.None ? log : null;
    }
}
