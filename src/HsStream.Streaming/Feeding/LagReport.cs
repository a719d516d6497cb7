using System.Text.Json;

namespace HsStream.Streaming.Feeding;

/// <summary>Reads the consumer's lag out of librdkafka's statistics (its STATISTICS.md: topics, partitions, consumer_lag).</summary>
internal sealed class LagReport(string stage, StreamingMetrics metrics)
{
    public void Read(string statistics)
    {
        try
        {
            using var document = JsonDocument.Parse(statistics);
            if (!document.RootElement.TryGetProperty("topics", out var topics)) { return; }
            foreach (var topic in topics.EnumerateObject())
            {
                if (!topic.Value.TryGetProperty("partitions", out var partitions)) { continue; }
                long lag = 0;
                foreach (var partition in partitions.EnumerateObject())
                {
                    // -1: not fetched by this instance.
                    if (partition.Value.TryGetProperty("consumer_lag", out var one) && one.TryGetInt64(out var records) && records > 0) { lag += records; }
                }

                metrics.LagRecords.WithLabels(stage, topic.Name).Set(lag);
            }
        }
        catch (JsonException)
        {
            // A report that cannot be read is one report less.
        }
    }
}
