using System.Diagnostics.Metrics;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Network;

/// <summary>What the network side counts, on the meter <c>HsStream.Broker</c>; storage and coordinators add their own gauges.</summary>
internal sealed class BrokerMetrics : IDisposable
{
    public const string MeterName = "HsStream.Broker";

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestSeconds;
    private readonly Counter<long> _bytesIn;
    private readonly Counter<long> _bytesOut;
    private readonly Counter<long> _refused;

    public BrokerMetrics()
    {
        _requests = Meter.CreateCounter<long>("hsstream_broker_requests_total", description: "Requests answered, by api and version.");
        _requestSeconds = Meter.CreateHistogram<double>("hsstream_broker_request_seconds", "s", "From the whole request read to its response made, by api.");
        _bytesIn = Meter.CreateCounter<long>("hsstream_broker_received_bytes_total", "By");
        _bytesOut = Meter.CreateCounter<long>("hsstream_broker_sent_bytes_total", "By");
        _refused = Meter.CreateCounter<long>("hsstream_broker_connections_closed_total", description: "Connections the broker closed, by reason.");
    }

    public Meter Meter { get; } = new(MeterName);

    public void Answered(in RequestHeader header, double seconds)
    {
        if (_requests.Enabled)
        {
            _requests.Add(1, new("api", header.Api.Key.ToString()), new("version", (int)header.Version));
        }

        if (_requestSeconds.Enabled) { _requestSeconds.Record(seconds, new KeyValuePair<string, object?>("api", header.Api.Key.ToString())); }
    }

    public void Received(long bytes) => _bytesIn.Add(bytes);

    public void Sent(long bytes) => _bytesOut.Add(bytes);

    public void Closed(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Dispose() => Meter.Dispose();
}
