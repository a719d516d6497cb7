using System.Globalization;
using Confluent.Kafka;
using HsStream.Cli.Connect;
using HsStream.Domain.Messages;

namespace HsStream.Cli.Publish;

/// <summary>Publishes descriptions and waits for Kafka's acknowledgement of every one.</summary>
/// <remarks>The producer is idempotent: no description is doubled or changes its place within a partition by a retry.</remarks>
internal sealed class Publication(StreamingAccess streaming, string topic, TimeProvider time)
{
    /// <summary>Sent and not yet acknowledged at most; bounds the memory.</summary>
    private const int MostInFlight = 20_000;

    private readonly Queue<Task<RecordPosition>> _inFlight = new();

    public long Sent { get; private set; }

    public long Acknowledged { get; private set; }

    /// <param name="interval">Between two descriptions; zero sends as fast as it goes.</param>
    /// <param name="onProgress">Hears the acknowledged ones.</param>
    /// <exception cref="OperatorException">One was not acknowledged; says how many were.</exception>
    public async Task SendAsync(IEnumerable<ProductDescription> descriptions, TimeSpan interval, Action<long> onProgress, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        foreach (var description in descriptions)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Sent == 0) { await streaming.AskRegistryAsync(token => streaming.Codecs.Descriptions.EncodeAsync(topic, description, token), cancellationToken); }
            if (interval > TimeSpan.Zero && (Sent * interval) - time.GetElapsedTime(start) is var early && early > TimeSpan.Zero) { await Task.Delay(early, time, cancellationToken); }
            _inFlight.Enqueue(streaming.Publisher.PublishAsync(topic, streaming.Codecs.Descriptions, description, cancellationToken));
            Sent++;
            while (_inFlight.Count > MostInFlight || (_inFlight.Count > 0 && _inFlight.Peek().IsCompleted)) { await TakeAsync(cancellationToken); }
            onProgress(Acknowledged);
        }

        while (_inFlight.Count > 0)
        {
            await TakeAsync(cancellationToken);
            onProgress(Acknowledged);
        }
    }

    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _inFlight.Dequeue().WaitAsync(cancellationToken);
            Acknowledged++;
        }
        catch (KafkaException e)
        {
            foreach (var other in _inFlight) { _ = other.ContinueWith(task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default); }
            throw new OperatorException(
                string.Create(CultureInfo.InvariantCulture, $"{Acknowledged} of {Sent} descriptions were acknowledged, then topic {topic} failed: {e.Error.Reason}; publish the same file again, its ids stay the same"), e);
        }
    }
}
