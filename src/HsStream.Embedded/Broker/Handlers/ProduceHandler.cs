using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Disk;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Handlers;

/// <summary>Appends batches, and acknowledges them once consumers can read them, which is when they are durable.</summary>
/// <remarks>
/// Acks 1 waits like acks all: with one replica in Kafka both mean that the batch is below the high watermark, and clients read what
/// they wrote. Whoever wants acknowledgement before the disk has it chooses page-cache durability.
/// All appends of a request are made before <see cref="HandleAsync"/> first waits, so the requests of one connection reach each
/// partition in the order they were sent, and the frame's bytes are not needed afterwards.
/// </remarks>
internal sealed class ProduceHandler(TopicCatalog catalog, ITransactionGate gate, DiskSpaceGuard space, TimeProvider time)
{
    public async Task<IWireStruct?> HandleAsync(ProduceRequest request, short version)
    {
        var response = new ProduceResponse();
        var waits = new List<(ProduceResponse.PartitionResult Result, Task<ErrorCode> Durable)>();
        var failed = false;
        foreach (var topicData in request.Topics)
        {
            var topicResult = new ProduceResponse.TopicResult { Name = topicData.Name };
            response.Topics.Add(topicResult);
            var topic = catalog.Find(topicData.Name);
            foreach (var partitionData in topicData.Partitions)
            {
                var (result, log, endOffset) = Append(request, topic, topicData.Name, partitionData, version);
                topicResult.Partitions.Add(result);
                failed |= result.Error != ErrorCode.None;
                if (result.Error == ErrorCode.None && request.Acks != 0) { waits.Add((result, log!.WaitDurableAsync(endOffset).AsTask())); }
            }
        }

        if (request.Acks == 0)
        {
            // The client waits for nothing, so closing is the only way to tell it; Kafka does the same.
            return failed ? throw new ProtocolException("A batch sent with acks=0 was refused.") : null;
        }

        foreach (var (result, durable) in waits) { await AwaitDurableAsync(result, durable, request.TimeoutMs); }
        return response;
    }

    private (ProduceResponse.PartitionResult Result, PartitionLog? Log, long EndOffset) Append(
        ProduceRequest request, Topic? topic, string topicName, ProduceRequest.PartitionData data, short version)
    {
        if (topic is null || (uint)data.Index >= (uint)topic.Partitions.Count)
        {
            return (Refused(data.Index, ErrorCode.UnknownTopicOrPartition, $"There is no partition {topicName}-{data.Index}."), null, 0);
        }

        var bytes = data.Records is MemoryRecords records ? records.Bytes : Memory<byte>.Empty;
        if (request.TransactionalId is null && BatchHeader.IsTransactionalBatch(bytes.Span))
        {
            return (Refused(data.Index, ErrorCode.TransactionalIdAuthorizationFailed, "Transactional records came without a transactional id."), null, 0);
        }

        if (request.Acks is < -1 or > 1)
        {
            return (Refused(data.Index, ErrorCode.InvalidRequiredAcks, $"Expected acks of -1, 0 or 1, got {request.Acks}."), null, 0);
        }

        if (topic.IsInternal)
        {
            return (Refused(data.Index, ErrorCode.InvalidTopicException, $"{topicName} is written by the broker only."), null, 0);
        }

        if (space.IsLow)
        {
            return (Refused(data.Index, ErrorCode.KafkaStorageError, $"Only {space.FreeBytes} bytes are free on the broker's disk."), null, 0);
        }

        var log = topic.Partitions[data.Index];
        var appended = log.Append(bytes, version, gate);
        var result = new ProduceResponse.PartitionResult
        {
            Index = data.Index,
            Error = appended.Error,
            BaseOffset = appended.BaseOffset,
            LogAppendTimeMs = appended.LogAppendTime,
            LogStartOffset = appended.LogStartOffset,
            ErrorMessage = appended.Message,
        };
        foreach (var (index, message) in appended.RecordErrors ?? [])
        {
            result.RecordErrors.Add(new ProduceResponse.RecordError { BatchIndex = index, Message = message });
        }

        return (result, log, appended.EndOffset);
    }

    private async ValueTask AwaitDurableAsync(ProduceResponse.PartitionResult result, Task<ErrorCode> durable, int timeoutMs)
    {
        ErrorCode error;
        try
        {
            // Group commit takes milliseconds; the timer matters only when the disk hangs.
            error = await durable.WaitAsync(TimeSpan.FromMilliseconds(Math.Max(timeoutMs, 0)), time);
        }
        catch (TimeoutException)
        {
            error = ErrorCode.RequestTimedOut;
        }

        if (error == ErrorCode.None) { return; }
        result.Error = error;
        result.BaseOffset = -1;
        result.LogAppendTimeMs = -1;
    }

    private static ProduceResponse.PartitionResult Refused(int index, ErrorCode error, string message) =>
        new() { Index = index, Error = error, ErrorMessage = message };
}
