using System.Globalization;
using Confluent.Kafka;
using HsStream.Cli.Connect;

namespace HsStream.Cli.Tail;

/// <summary>Where in a topic reading begins: <c>beginning</c>, <c>end</c>, an offset, a number from the end (<c>-10</c>), or a time.</summary>
internal sealed record TailStart
{
    private const string Expected = "beginning, end, an offset such as 1200, a number of records from the end such as -10, or a time such as 2026-01-01T00:00:00Z";
    private readonly DateTimeOffset? _time;
    private readonly long? _offset;
    private readonly bool _isEnd;

    private TailStart(DateTimeOffset? time, long? offset, bool isEnd) => (_time, _offset, _isEnd) = (time, offset, isEnd);

    public bool IsEnd => _isEnd;

    /// <exception cref="OperatorException">None of these.</exception>
    public static TailStart Parse(string text) => text switch
    {
        "beginning" => new TailStart(null, 0, false),
        "end" => new TailStart(null, null, true),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var offset) => new TailStart(null, offset, false),
        _ => new TailStart(Instant.Parse("--from", text, Expected), null, false),
    };

    public List<TopicPartitionOffset> In(KafkaAccess kafka, IConsumer<byte[]?, byte[]?> consumer, IEnumerable<TopicPartition> partitions)
    {
        if (_time is { } time)
        {
            var asked = partitions.Select(partition => new TopicPartitionTimestamp(partition, new Timestamp(time.UtcDateTime))).ToList();
            try
            {
                return consumer.OffsetsForTimes(asked, KafkaAccess.Patience);
            }
            catch (KafkaException e)
            {
                throw kafka.NoAnswer(e);
            }
        }

        return [.. partitions.Select(partition =>
        {
            if (_isEnd) { return new TopicPartitionOffset(partition, Offset.End); }
            var (first, next) = kafka.Bounds(consumer, partition);
            var offset = _offset < 0 ? next + _offset.Value : _offset!.Value;
            return new TopicPartitionOffset(partition, Math.Clamp(offset, first, next));
        })];
    }
}
