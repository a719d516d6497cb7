using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using HsStream.Cli.Up;
using Npgsql;

namespace HsStream.Cli.Demo;

/// <summary>Uses each part as its clients do, and shows what came back. Any surprise is an exception.</summary>
internal sealed class Tour(Platform platform, TextWriter output)
{
    private const string Topic = "demo.descriptions";
    private const int Partitions = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly string[] Goods =
        ["USED RICE COOKER", "SCREW HEX HEAD M6S 12 X 40", "LED DESK LAMP 230V", "COTTON T-SHIRT MEN XL", "OLIVE OIL EXTRA VIRGIN 5L"];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await CreateTopicAsync();
        await RegisterSchemasAsync(cancellationToken);
        ProduceTransactions();
        var committed = Consume(IsolationLevel.ReadCommitted);
        var all = Consume(IsolationLevel.ReadUncommitted);
        await output.WriteLineAsync($"\nRead them back: {all.Count} read_uncommitted, {committed.Count} read_committed");
        foreach (var record in committed)
        {
            await output.WriteLineAsync($"  partition {record.Partition.Value} offset {record.Offset.Value}  {record.Message.Key}  {record.Message.Value}");
        }

        Expect(committed.Count == Goods.Length && all.Count == Goods.Length + 1, "the aborted record to be hidden from read_committed alone");
        await StoreAsync(committed, cancellationToken);
    }

    /// <summary>After a restart: the same records, the same schema, the same rows.</summary>
    public async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        var records = Consume(IsolationLevel.ReadCommitted).Count;
        using var registry = new HttpClient { BaseAddress = platform.RegistryUrl };
        var subjects = await registry.GetFromJsonAsync<string[]>("subjects", cancellationToken);
        await using var connection = await ConnectAsync(cancellationToken);
        await using var count = new NpgsqlCommand("select count(*) from goods", connection);
        var rows = (long)(await count.ExecuteScalarAsync(cancellationToken))!;
        await output.WriteLineAsync($"  {records} records, the schema of {string.Join(", ", subjects!)}, {rows} rows");
        Expect(records == Goods.Length && rows == Goods.Length && subjects!.Length == 1, "everything to be there after a restart");
    }

    private async Task CreateTopicAsync()
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = platform.BootstrapServers }).SetLogHandler(Quiet).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = Partitions, ReplicationFactor = 1 }]);
        await output.WriteLineAsync($"\nCreated topic {Topic} with {Partitions} partitions");
    }

    private async Task RegisterSchemasAsync(CancellationToken cancellationToken)
    {
        const string Original = """{"type":"record","name":"Goods","fields":[{"name":"description","type":"string"}]}""";
        const string Incompatible = """{"type":"record","name":"Goods","fields":[{"name":"description","type":"int"}]}""";
        using var registry = new HttpClient { BaseAddress = platform.RegistryUrl };
        await output.WriteLineAsync("\nRegistered a schema, then tried one that contradicts it");
        var (status, text) = await RegisterAsync(Original);
        await output.WriteLineAsync($"  HTTP {status}, id {JsonNode.Parse(text)!["id"]}");
        Expect(status == 200, "the schema to be accepted");
        (status, text) = await RegisterAsync(Incompatible);
        await output.WriteLineAsync($"  HTTP {status}, error code {JsonNode.Parse(text)!["error_code"]}");
        Expect(status == 409, "the incompatible schema to be refused");

        async Task<(int, string)> RegisterAsync(string schema)
        {
            using var body = JsonContent.Create(new JsonObject { ["schema"] = schema });
            using var answer = await registry.PostAsync(new Uri($"subjects/{Topic}-value/versions", UriKind.Relative), body, cancellationToken);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
        }
    }

    private void ProduceTransactions()
    {
        var config = new ProducerConfig { BootstrapServers = platform.BootstrapServers, TransactionalId = "demo" };
        using var producer = new ProducerBuilder<string, string>(config).SetLogHandler(Quiet).Build();
        producer.InitTransactions(Patience);
        producer.BeginTransaction();
        for (var i = 0; i < Goods.Length; i++) { Produce($"d{i + 1}", Goods[i]); }
        producer.CommitTransaction(Patience);
        producer.BeginTransaction();
        Produce("d0", "NEVER TO BE SEEN");
        producer.Flush(Patience);
        producer.AbortTransaction(Patience);
        output.WriteLine($"\nProduced {Goods.Length} records in a transaction that committed, and 1 in one that aborted");

        void Produce(string key, string value) => producer.Produce(Topic, new Message<string, string> { Key = key, Value = value });
    }

    /// <summary>Everything from the start of each partition to its end at that isolation level, by key.</summary>
    private List<ConsumeResult<string, string>> Consume(IsolationLevel isolation)
    {
        using var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = platform.BootstrapServers,
            GroupId = "demo",
            IsolationLevel = isolation,
            EnablePartitionEof = true,
            EnableAutoCommit = false,
        }).SetLogHandler(Quiet).Build();
        consumer.Assign(Enumerable.Range(0, Partitions).Select(p => new TopicPartitionOffset(Topic, p, Offset.Beginning)));
        List<ConsumeResult<string, string>> records = [];
        for (var ends = 0; ends < Partitions;)
        {
            var next = consumer.Consume(Patience) ?? throw new OperatorException($"expected the end of {Topic} within {Patience.TotalSeconds} s");
            if (next.IsPartitionEOF) { ends++; }
            else { records.Add(next); }
        }

        return [.. records.OrderBy(r => r.Message.Key, StringComparer.Ordinal)];
    }

    /// <summary>Rows and the offsets they came from in one database transaction, as the ledger does.</summary>
    private async Task StoreAsync(List<ConsumeResult<string, string>> records, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync("create table goods (id text primary key, description text)");
        await ExecuteAsync("create table progress (partition int primary key, next_offset bigint)");
        foreach (var record in records)
        {
            await ExecuteAsync("insert into goods values ($1, $2)", record.Message.Key, record.Message.Value);
            await ExecuteAsync(
                "insert into progress values ($1, $2) on conflict (partition) do update set next_offset = greatest(progress.next_offset, excluded.next_offset)",
                record.Partition.Value, record.Offset.Value + 1);
        }

        await transaction.CommitAsync(cancellationToken);
        await output.WriteLineAsync("\nStored them with their offsets in one PostgreSQL transaction; select * from progress:");
        await using var query = new NpgsqlCommand("select partition, next_offset from progress order by 1", connection);
        await using var rows = await query.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken)) { await output.WriteLineAsync($"  partition {rows.GetInt32(0)}, next offset {rows.GetInt64(1)}"); }

        async Task ExecuteAsync(string sql, params object[] values)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            foreach (var value in values) { command.Parameters.Add(new NpgsqlParameter { Value = value }); }
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(platform.Postgres!.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    private static void Quiet(IClient client, LogMessage message)
    {
        // Failures arrive as exceptions; the client's own log would only repeat them.
    }

    private static void Expect(bool isSo, string what)
    {
        if (!isSo) { throw new OperatorException($"the tour expected {what}"); }
    }
}
