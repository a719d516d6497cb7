using HsStream.Embedded.Broker;
using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

/// <summary>A transactional producer as a client library acts it, one request at a time.</summary>
internal sealed class Producer(CoordinatorRig rig, string transactionalId = "x")
{
    private readonly Dictionary<TopicPartition, int> _sequences = [];

    public long Id { get; set; } = -1;

    public short Epoch { get; set; } = -1;

    public int TimeoutMs { get; init; } = 60_000;

    public Task<InitProducerIdResponse> RequestInit(bool supplyCurrent = false, short version = 4) => rig.Coordinator.InitProducerIdAsync(
        new InitProducerIdRequest
        {
            TransactionalId = transactionalId,
            TransactionTimeoutMs = TimeoutMs,
            ProducerId = supplyCurrent ? Id : -1,
            ProducerEpoch = supplyCurrent ? Epoch : (short)-1,
        },
        version);

    /// <summary>Initialises, coming back as long as an older transaction is being ended.</summary>
    public Producer Init()
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            if (Took(rig.Answer(RequestInit()))) { return this; }
        }

        throw new InvalidOperationException("An older transaction does not come to an end.");
    }

    public bool Took(InitProducerIdResponse response)
    {
        if (response.Error == ErrorCode.ConcurrentTransactions) { return false; }

        Assert.Equal(ErrorCode.None, response.Error);
        (Id, Epoch) = (response.ProducerId, response.ProducerEpoch);
        _sequences.Clear();
        return true;
    }

    public Task<AddPartitionsToTxnResponse> RequestAdd(short version, params (string Topic, int Partition)[] partitions) =>
        rig.Coordinator.AddPartitionsToTxnAsync(
            new AddPartitionsToTxnRequest
            {
                TransactionalId = transactionalId,
                ProducerId = Id,
                ProducerEpoch = Epoch,
                Topics =
                [
                    .. partitions.GroupBy(partition => partition.Topic).Select(topic => new AddPartitionsToTxnRequest.TopicData
                    {
                        Name = topic.Key, Partitions = [.. topic.Select(partition => partition.Partition)],
                    }),
                ],
            },
            version);

    public ErrorCode Add(params (string Topic, int Partition)[] partitions) => rig.Answer(RequestAdd(3, partitions)).Topics[0].Partitions[0].Error;

    /// <summary>Appends one record through the gate, as a produce request does.</summary>
    public AppendResult Produce(string value, string topic = "t", int partition = 0)
    {
        var target = new TopicPartition(topic, partition);
        var sequence = _sequences.GetValueOrDefault(target);
        var batch = RecordBatchBuilder.Build(
            [(null, CoordinatorRig.Bytes(value))], rig.NowMs, Id, Epoch, sequence, transactional: true);
        var result = rig.Log(topic, partition).Append(batch, 11, rig.Coordinator);
        if (result.Error == ErrorCode.None) { _sequences[target] = sequence + 1; }
        return result;
    }

    public Task<TxnResponse> RequestAddOffsets(string group = "g", short version = 3) => rig.Coordinator.AddOffsetsToTxnAsync(
        new AddOffsetsToTxnRequest { TransactionalId = transactionalId, ProducerId = Id, ProducerEpoch = Epoch, GroupId = group }, version);

    public Task<TxnOffsetCommitResponse> RequestCommitOffset(long offset, string group = "g", Consumer? member = null, string? instance = null) =>
        rig.Coordinator.TxnOffsetCommitAsync(new TxnOffsetCommitRequest
        {
            TransactionalId = transactionalId,
            ProducerId = Id,
            ProducerEpoch = Epoch,
            GroupId = group,
            GenerationId = member?.Generation ?? -1,
            MemberId = member?.MemberId ?? string.Empty,
            GroupInstanceId = instance,
            Topics = [new() { Name = "t", Partitions = [new() { Partition = 0, Offset = offset }] }],
        });

    public ErrorCode CommitOffset(long offset, string group = "g", Consumer? member = null, string? instance = null)
    {
        Assert.Equal(ErrorCode.None, rig.Answer(RequestAddOffsets(group)).Error);
        return rig.Answer(RequestCommitOffset(offset, group, member, instance)).Topics[0].Partitions[0].Error;
    }

    public Task<TxnResponse> RequestEnd(bool commit, short version = 3) => rig.Coordinator.EndTxnAsync(
        new EndTxnRequest { TransactionalId = transactionalId, ProducerId = Id, ProducerEpoch = Epoch, Committed = commit }, version);

    public ErrorCode End(bool commit) => rig.Answer(RequestEnd(commit)).Error;
}

internal static class CommittedReader
{
    /// <summary>The values that a read_committed consumer is shown, with their offsets, from the log's start to its last stable offset.</summary>
    public static List<(long Offset, string Value)> Committed(this PartitionLog log)
    {
        var shown = new List<(long, string)>();
        var data = log.Read(log.LogStartOffset, int.MaxValue, IsolationLevel.ReadCommitted, atLeastOne: true);
        using var records = data.Records;
        var bytes = new byte[records.Length];
        records.CopyTo(bytes);
        var aborted = new Queue<AbortedTransaction>(data.Aborted!.OrderBy(transaction => transaction.FirstOffset));
        var skipped = new HashSet<long>();
        for (var start = 0; start < bytes.Length;)
        {
            var size = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(start + BatchLayout.BatchLength)) + BatchLayout.LengthOverhead;
            var batch = new StateBatch(bytes.AsMemory(start, size));
            start += size;
            while (aborted.TryPeek(out var next) && next.FirstOffset <= batch.BaseOffset) { skipped.Add(aborted.Dequeue().ProducerId); }

            if (batch.IsControl)
            {
                skipped.Remove(batch.ProducerId);
            }
            else if (!batch.IsTransactional || !skipped.Contains(batch.ProducerId))
            {
                shown.AddRange(batch.Records().Select(record => (record.Offset, CoordinatorRig.Text(record.Value!.Value))));
            }
        }

        return shown;
    }

    public static IEnumerable<string> CommittedValues(this PartitionLog log) => log.Committed().Select(record => record.Value);
}
