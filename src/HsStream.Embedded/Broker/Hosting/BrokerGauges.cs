using System.Diagnostics.Metrics;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Handlers;

namespace HsStream.Embedded.Broker.Hosting;

/// <summary>Gauges over topics, coordinators and parked fetches, read when somebody collects them; the logs bring their own.</summary>
internal static class BrokerGauges
{
    public static void Register(Meter meter, TopicCatalog catalog, BrokerCoordinator coordinator, FetchHandler fetch)
    {
        meter.CreateObservableGauge("hsstream_broker_topics", () => catalog.Topics.Count, "{topic}");
        meter.CreateObservableGauge("hsstream_broker_partitions", () => catalog.Topics.Sum(topic => topic.Partitions.Count), "{partition}");
        meter.CreateObservableGauge("hsstream_broker_fetches_waiting", () => fetch.Waiting, "{request}", "Fetches parked until there is something to read.");
        meter.CreateObservableGauge("hsstream_broker_coordinator_transactions", () => coordinator.OpenTransactions, "{transaction}", "Transactions not yet ended in all their partitions.");
        meter.CreateObservableGauge("hsstream_broker_oldest_transaction_seconds", () => coordinator.OldestTransactionAge.TotalSeconds, "s", "Age of the oldest of them.");
    }
}
