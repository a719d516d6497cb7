using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Network;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Handlers;

/// <summary>Reads whole batches for a client, waiting up to its limit until there are enough bytes.</summary>
/// <remarks>
/// Without fetch sessions (KIP-227): every answer has session id 0. The partitions are read starting at another one each time, so
/// that a busy one cannot starve the rest when the answer is full; the answer keeps the request's order.
/// </remarks>
internal sealed class FetchHandler(TopicCatalog catalog, int maxResponseBytes, TimeProvider time)
{
    private int _rotation;
    private int _waiting;

    /// <summary>Fetches parked until there is something to read.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public async Task<IWireStruct?> HandleAsync(FetchRequest request, RequestContext context)
    {
        if (request.SessionId != 0 && request.SessionEpoch > 0)
        {
            return new FetchResponse { Error = ErrorCode.FetchSessionIdNotFound };
        }

        var slots = Resolve(request, context.Version);
        var started = time.GetTimestamp();
        var answer = Read(request, slots);
        if (IsEnough(request, slots, answer)) { return answer; }

        var waiter = new FetchWaiter();
        foreach (var slot in slots) { slot.Log?.AddObserver(waiter); }
        Interlocked.Increment(ref _waiting);
        try
        {
            while (true)
            {
                // Read again after registering, so that what came in between is not missed.
                answer.Dispose();
                answer = Read(request, slots);
                var left = TimeSpan.FromMilliseconds(request.MaxWaitMs) - time.GetElapsedTime(started);
                if (IsEnough(request, slots, answer) || left <= TimeSpan.Zero || context.ConnectionClosed.IsCancellationRequested) { return answer; }
                await waiter.WaitAsync(left, time, context.ConnectionClosed);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
            foreach (var slot in slots) { slot.Log?.RemoveObserver(waiter); }
        }
    }

    private List<Slot> Resolve(FetchRequest request, short version)
    {
        var slots = new List<Slot>();
        foreach (var topicData in request.Topics)
        {
            var topic = version >= 13 ? catalog.Find(topicData.TopicId) : catalog.Find(topicData.Name);
            var unknown = version >= 13 && topic is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            foreach (var data in topicData.Partitions)
            {
                var log = topic is not null && (uint)data.Partition < (uint)topic.Partitions.Count ? topic.Partitions[data.Partition] : null;
                var error = log is null ? unknown : data.CurrentLeaderEpoch > 0 ? ErrorCode.UnknownLeaderEpoch : ErrorCode.None;
                slots.Add(new Slot(topicData, data, error == ErrorCode.None ? log : null, error));
            }
        }

        return slots;
    }

    private FetchAnswer Read(FetchRequest request, List<Slot> slots)
    {
        var answer = new FetchAnswer();
        var results = new FetchResponse.PartitionResult[slots.Count];
        var left = Math.Min(request.MaxBytes, maxResponseBytes);
        var first = slots.Count == 0 ? 0 : (int)((uint)Interlocked.Increment(ref _rotation) % (uint)slots.Count);
        var atLeastOne = true;
        for (var i = 0; i < slots.Count; i++)
        {
            var index = (first + i) % slots.Count;
            results[index] = ReadOne(slots[index], (IsolationLevel)request.Isolation, left, atLeastOne);
            var length = results[index].Records!.Length;
            left = Math.Max(0, left - length);
            atLeastOne &= length == 0;
            answer.Add(results[index]);
        }

        FetchResponse.TopicResult? current = null;
        FetchRequest.TopicData? of = null;
        for (var i = 0; i < slots.Count; i++)
        {
            if (!ReferenceEquals(of, slots[i].Topic))
            {
                of = slots[i].Topic;
                current = new FetchResponse.TopicResult { Name = of.Name, TopicId = of.TopicId };
                answer.Topics.Add(current);
            }

            current!.Partitions.Add(results[i]);
        }

        return answer;
    }

    private static FetchResponse.PartitionResult ReadOne(Slot slot, IsolationLevel isolation, int left, bool atLeastOne)
    {
        var result = new FetchResponse.PartitionResult { Partition = slot.Data.Partition, Error = slot.Error };
        if (slot.Log is null) { return result; }
        var data = slot.Log.Read(slot.Data.FetchOffset, Math.Min(left, slot.Data.MaxBytes), isolation, atLeastOne);
        result.Error = data.Error;
        result.Records = data.Records;
        if (data.Error is not (ErrorCode.None or ErrorCode.OffsetOutOfRange)) { return result; }
        result.HighWatermark = data.HighWatermark;
        result.LastStableOffset = data.LastStableOffset;
        result.LogStartOffset = data.LogStartOffset;
        result.Aborted = data.Aborted?.Select(range => new FetchResponse.AbortedRange { ProducerId = range.ProducerId, FirstOffset = range.FirstOffset }).ToList();
        return result;
    }

    private static bool IsEnough(FetchRequest request, List<Slot> slots, FetchAnswer answer) =>
        request.MaxWaitMs <= 0 || slots.Count == 0 || answer.HasError || answer.RecordBytes >= request.MinBytes;

    private sealed record Slot(FetchRequest.TopicData Topic, FetchRequest.PartitionData Data, PartitionLog? Log, ErrorCode Error);
}

/// <summary>A fetch response that holds segment files open until it has been sent.</summary>
internal sealed class FetchAnswer : IWireStruct, IDisposable
{
    private readonly FetchResponse _response = new();
    private readonly List<RecordSet> _records = [];

    public List<FetchResponse.TopicResult> Topics => _response.Topics;

    public bool HasError { get; private set; }

    public long RecordBytes { get; private set; }

    public void Add(FetchResponse.PartitionResult result)
    {
        HasError |= result.Error != ErrorCode.None;
        RecordBytes += result.Records!.Length;
        _records.Add(result.Records);
    }

    public void Visit(Wire wire) => _response.Visit(wire);

    public void Dispose()
    {
        foreach (var records in _records) { records.Dispose(); }
        _records.Clear();
    }
}
