using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Confluent.Kafka;
using HsStream.Embedded.Broker.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HsStream.IntegrationTests.Broker;

public sealed class MetricsTests
{
    private static readonly bool[] Outcomes = [true, false, true];

    [Fact]
    public async Task What_a_transactional_producer_did_can_be_read_from_the_meter()
    {
        using var directory = new TemporaryDirectory();
        await using var broker = await EmbeddedBroker.StartAsync(
            new BrokerOptions { DataDirectory = directory.Path, Port = 0 }, NullLoggerFactory.Instance, TimeProvider.System, TestContext.Current.CancellationToken);
        var values = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) => { if (instrument.Meter.Name == "HsStream.Broker") { self.EnableMeasurementEvents(instrument); } },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();

        using (var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = broker.BootstrapServers, TransactionalId = "metrics" }).Build())
        {
            producer.InitTransactions(TimeSpan.FromSeconds(20));
            foreach (var commit in Outcomes)
            {
                producer.BeginTransaction();
                await producer.ProduceAsync("metrics", new Message<string, string> { Key = "a", Value = "1" }, TestContext.Current.CancellationToken);
                if (commit) { producer.CommitTransaction(); } else { producer.AbortTransaction(); }
            }
        }

        listener.RecordObservableInstruments();
        Assert.True(values["hsstream_broker_transactions_ended_total committed"] >= 2, "Expected two committed transactions.");
        Assert.True(values["hsstream_broker_transactions_ended_total aborted"] >= 1, "Expected one aborted transaction.");
        Assert.True(values["hsstream_broker_requests_total Produce"] >= 3, "Expected three produce requests.");
        Assert.True(values["hsstream_broker_flush_seconds"] > 0, "Expected the time of flushes.");
        Assert.True(values["hsstream_broker_received_bytes_total"] > 0 && values["hsstream_broker_sent_bytes_total"] > 0, "Expected bytes in and out.");

        // Other brokers may run in this process: the sums only grow.
        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var key = tags.Length > 0 ? $"{instrument.Name} {tags[0].Value}" : instrument.Name;
            values.AddOrUpdate(key, value, (_, sum) => sum + value);
        }
    }
}
