namespace HsStream.Streaming.Feeding;

internal sealed record FeedOptions(
    string GroupId, string Name, IReadOnlyList<string> Topics, int MaxQueuedRecords, long MaxQueuedBytes, TimeSpan SessionTimeout, bool PositionsAreElsewhere = false);
