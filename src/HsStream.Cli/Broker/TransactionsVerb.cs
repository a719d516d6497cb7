using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using HsStream.Embedded.Broker.Coordinator;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Cli.Broker;

/// <summary><c>hsstream broker transactions</c>: open transactions of a running broker or of a data directory; aborts one.</summary>
internal static class TransactionsVerb
{
    private const string StateTopic = "__transaction_state";
    private static readonly string[] OpenStates = ["Ongoing", "PrepareCommit", "PrepareAbort"];
    private static readonly TimeSpan LongestAbort = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    public static Command Describe()
    {
        var bootstrap = BrokerVerbs.Bootstrap();
        var directory = new Option<string?>("--data-dir") { Description = "Read the state log of this data directory instead; the broker may be stopped.", HelpName = "DIR" };
        var all = new Option<bool>("--all") { Description = "Also ids without an open transaction." };
        var abort = new Option<string?>("--abort") { Description = "Abort the open transaction of this transactional id and fence its producer.", HelpName = "ID" };
        var dryRun = new Option<bool>("--dry-run") { Description = "With --abort: say what would be aborted, and leave it." };
        var json = CommonOptions.Json("One JSON object a line.");
        var verb = new Command("transactions", "List open transactions, or abort one.") { bootstrap, directory, all, abort, dryRun, json };
        verb.Validators.Add(result =>
        {
            if (result.GetValue(abort) is not null && result.GetValue(directory) is not null) { result.AddError("--abort needs the running broker; expected no --data-dir beside it"); }
            if (result.GetValue(dryRun) && result.GetValue(abort) is null) { result.AddError("--dry-run goes with --abort"); }
        });
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(abort) is { } id)
            {
                using var broker = await BrokerConnection.OpenAsync(parsed.GetValue(bootstrap)!, cancellationToken);
                await AbortAsync(broker, id, parsed.GetValue(dryRun), output, TimeProvider.System, cancellationToken);
                return 0;
            }

            var found = parsed.GetValue(directory) is { } path
                ? ReadStateLog(path)
                : await AskAsync(parsed.GetValue(bootstrap)!, cancellationToken);
            var now = TimeProvider.System.GetUtcNow();
            var listing = new Listing("transactionalId", "state", "producerId", "producerEpoch", "timeoutMs", "openForMs", "partitions");
            foreach (var transaction in found.Where(t => parsed.GetValue(all) || OpenStates.Contains(t.State)).OrderBy(t => t.TransactionalId, StringComparer.Ordinal))
            {
                var isOpen = transaction.StartTimeMs >= 0 && OpenStates.Contains(transaction.State);
                listing.Add(
                    transaction.TransactionalId, transaction.State, transaction.ProducerId, transaction.ProducerEpoch, transaction.TimeoutMs,
                    isOpen ? now.ToUnixTimeMilliseconds() - transaction.StartTimeMs : null, Partitions(transaction));
            }

            await listing.WriteAsync(output, parsed.GetValue(json));
            return 0;
        });
        return verb;
    }

    private static async Task<List<DescribeTransactionsResponse.TransactionState>> AskAsync(string bootstrap, CancellationToken cancellationToken)
    {
        using var broker = await BrokerConnection.OpenAsync(bootstrap, cancellationToken);
        var ids = await broker.AskAsync<ListTransactionsResponse>(ApiKey.ListTransactions, 0, new ListTransactionsRequest(), cancellationToken);
        Require(ids.Error, "ListTransactions");
        var request = new DescribeTransactionsRequest { TransactionalIds = [.. ids.States.Select(s => s.TransactionalId)] };
        var described = await broker.AskAsync<DescribeTransactionsResponse>(ApiKey.DescribeTransactions, 0, request, cancellationToken);
        return [.. described.States.Where(s => s.Error == ErrorCode.None)];
    }

    /// <summary>The last state of each id in the log; what a start of the broker would find.</summary>
    private static List<DescribeTransactionsResponse.TransactionState> ReadStateLog(string dataDirectory)
    {
        var stored = StoredTopics.Open(dataDirectory);
        var states = new Dictionary<string, DescribeTransactionsResponse.TransactionState>();
        if (stored.Find(StateTopic) is not { } topic) { return []; }
        foreach (var record in stored.Partition(topic, 0).ReadRecords(0))
        {
            if (record.Key is not { } key || StateRecord.Version(key) != TransactionLogKey.Written) { continue; }
            var id = StateRecord.Read<TransactionLogKey>(key).TransactionalId;
            if (record.Value is not { } value)
            {
                states.Remove(id);
                continue;
            }

            var state = StateRecord.Read<TransactionLogValue>(value, TransactionLogValue.FirstFlexible);
            states[id] = new DescribeTransactionsResponse.TransactionState
            {
                TransactionalId = id,
                State = ((TransactionState)state.State).ToString(),
                ProducerId = state.ProducerId,
                ProducerEpoch = state.ProducerEpoch,
                TimeoutMs = state.TimeoutMs,
                StartTimeMs = state.StartMs,
                Topics = [.. (state.Partitions ?? []).Select(t => new AddPartitionsToTxnRequest.TopicData { Name = t.Topic, Partitions = t.Partitions })],
            };
        }

        return [.. states.Values];
    }

    /// <summary>Takes the id over as a new producer would: the coordinator then aborts what is open and fences the old one.</summary>
    private static async Task AbortAsync(
        BrokerConnection broker, string id, bool isDryRun, TextWriter output, TimeProvider time, CancellationToken cancellationToken)
    {
        var request = new DescribeTransactionsRequest { TransactionalIds = [id] };
        var described = await broker.AskAsync<DescribeTransactionsResponse>(ApiKey.DescribeTransactions, 0, request, cancellationToken);
        var found = described.States.Single();
        if (found.Error == ErrorCode.TransactionalIdNotFound) { throw new OperatorException($"the broker knows no transactional id '{id}'"); }
        Require(found.Error, "DescribeTransactions");
        if (found.State != "Ongoing")
        {
            throw new OperatorException($"transactional id '{id}' is in state {found.State}; only an Ongoing transaction can be aborted");
        }

        var what = string.Create(
            CultureInfo.InvariantCulture, $"the transaction of '{id}' (producer {found.ProducerId}, epoch {found.ProducerEpoch}) on {string.Join(',', Partitions(found))}");
        if (isDryRun)
        {
            await output.WriteLineAsync($"would abort {what}");
            return;
        }

        var takeOver = new InitProducerIdRequest { TransactionalId = id, TransactionTimeoutMs = found.TimeoutMs };
        var start = time.GetTimestamp();
        while (true)
        {
            var answer = await broker.AskAsync<InitProducerIdResponse>(ApiKey.InitProducerId, 4, takeOver, cancellationToken);
            if (answer.Error == ErrorCode.None) { break; }
            // The abort is under way.
            if (answer.Error != ErrorCode.ConcurrentTransactions || time.GetElapsedTime(start) > LongestAbort) { Require(answer.Error, "InitProducerId"); }
            await Task.Delay(Step, time, cancellationToken);
        }

        await output.WriteLineAsync($"aborted {what}");
    }

    private static JsonArray Partitions(DescribeTransactionsResponse.TransactionState transaction) =>
        new([.. transaction.Topics
            .SelectMany(t => t.Partitions.Select(p => $"{t.Name}-{p.ToString(CultureInfo.InvariantCulture)}"))
            .Order(StringComparer.Ordinal)
            .Select(name => (JsonNode)name)]);

    private static void Require(ErrorCode error, string request)
    {
        if (error != ErrorCode.None) { throw new OperatorException($"the broker answered {request} with error {error}"); }
    }
}
