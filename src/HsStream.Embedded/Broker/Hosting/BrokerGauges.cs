using System.Diagnostics.Metrics;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Handlers;

namespace HsStream.Embedded.Broker.Hosting;

/// <summary>Topics, coordinators and parked fetches, read when somebody collects them; the logs bring their own instruments.</summary>
internal static class BrokerGauges
{
    public static void Register(Meter meter, TopicCatalog catalog, BrokerCoordinator coordinator, FetchHandler fetch)
    {
        meter.CreateObservableGauge("hsstream_broker_topics", () => catalog.Topics.Count, "{topic}");
        meter.CreateObservableGauge("hsstream_broker_partitions", () => catalog.Topics.Sum(topic => topic.Partitions.Count), "{partition}");
        meter.CreateObservableGauge("hsstream_broker_fetches_waiting", () => fetch.Waiting, "{request}", "Fetches parked until there is something to read.");
        meter.CreateObservableGauge(
            "hsstream_broker_groups",
            () => Enum.GetValues<GroupState>().Select(state => new Measurement<long>(coordinator.GroupCounts[state], new KeyValuePair<string, object?>("state", state.ToString()))),
            "{group}");
        meter.CreateObservableCounter("hsstream_broker_rebalances_total", () => coordinator.GroupCounts.Rebalances, "{rebalance}", "Rebalances begun since the start.");
        meter.CreateObservableCounter(
            "hsstream_broker_transactions_ended_total",
            () => new[] { Ended(coordinator, true, "committed"), Ended(coordinator, false, "aborted") },
            "{transaction}");
        meter.CreateObservableGauge("hsstream_broker_coordinator_transactions", () => coordinator.OpenTransactions, "{transaction}", "Transactions not yet ended in all their partitions.");
        meter.CreateObservableGauge("hsstream_broker_oldest_transaction_seconds", () => coordinator.OldestTransactionAge.TotalSeconds, "s", "Age of the oldest of them.");
    }

    private static Measurement<long> Ended(BrokerCoordinator coordinator, bool committed, string outcome) =>
        new(coordinator.EndedTransactions(committed), new KeyValuePair<string, object?>("outcome", outcome));
}
