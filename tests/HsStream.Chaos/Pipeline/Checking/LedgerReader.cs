using System.Globalization;
using System.Text.Json;
using Npgsql;

namespace HsStream.Chaos.Pipeline.Checking;

/// <summary>Reads the ledger's events with SQL and a JSON parser, through nothing of the product.</summary>
/// <param name="schema">Null finds the one that is there.</param>
internal sealed class LedgerReader(string connectionString, string? schema = null) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(connectionString);
    private string? _schema = schema;

    private readonly List<LedgerDescription> _descriptions = [];
    private readonly List<LedgerPrediction> _predictions = [];
    private readonly List<LedgerDeadLetter> _letters = [];
    private readonly Dictionary<string, string> _versions = new(StringComparer.Ordinal);
    private long _conflicts;

    /// <param name="complaints">The verifier's.</param>
    /// <param name="verified">Events that it went through.</param>
    public async Task<LedgerFacts> ReadAsync(IReadOnlyList<string> complaints, long verified, CancellationToken cancellationToken)
    {
        var place = await SchemaAsync("mt_events", cancellationToken);
        await using var command = _source.CreateCommand(
            $"select seq_id, type, data::text, stream_id from {place}.mt_events where type in ('goods_described.v1', 'code_predicted.v1', 'record_dead_lettered.v1', 'prediction_conflicted.v1') order by seq_id");
        command.CommandTimeout = 600;
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            using var json = JsonDocument.Parse(rows.GetString(2));
            Take(rows.GetInt64(0), rows.GetString(1), rows.GetString(3), json.RootElement);
        }

        return new LedgerFacts
        {
            Descriptions = _descriptions,
            Predictions = _predictions,
            DeadLetters = _letters,
            Conflicts = _conflicts,
            ChainComplaints = complaints,
            ChainEvents = verified,
        };
    }

    /// <summary>Next offset of each partition, as the ledger stored them with its events.</summary>
    public async Task<Dictionary<(string Topic, int Partition), long>> OffsetsAsync(CancellationToken cancellationToken)
    {
        var place = await SchemaAsync("ledger_offsets", cancellationToken);
        await using var command = _source.CreateCommand($"select topic, partition, next_offset from {place}.ledger_offsets");
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var offsets = new Dictionary<(string, int), long>();
        while (await rows.ReadAsync(cancellationToken)) { offsets[(rows.GetString(0), rows.GetInt32(1))] = rows.GetInt64(2); }
        return offsets;
    }

    /// <summary>The newest event's number; null while there is no ledger.</summary>
    public async Task<long?> EventsAsync(CancellationToken cancellationToken)
    {
        try
        {
                await using var command = _source.CreateCommand($"select max(seq_id) from {await SchemaAsync("ledger_head", cancellationToken)}.mt_events");
            return await command.ExecuteScalarAsync(cancellationToken) as long?;
        }
        catch (Exception e) when (e is InvalidDataException or PostgresException)
        {
            return null;
        }
    }

    private async Task<string> SchemaAsync(string table, CancellationToken cancellationToken)
    {
        if (_schema is not null) { return _schema; }
        await using var command = _source.CreateCommand("select table_schema from information_schema.tables where table_name = $1 limit 1");
        command.Parameters.AddWithValue(table);
        return _schema = await command.ExecuteScalarAsync(cancellationToken) as string ?? throw new InvalidDataException($"Expected a table {table} in the database, got none: no ledger has ever run on it.");
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private void Take(long sequence, string type, string stream, JsonElement data)
    {
        switch (type)
        {
            case "goods_described.v1":
                _descriptions.Add(new LedgerDescription(
                    sequence, stream["goods/".Length..], data.GetProperty("revision").GetInt32(), Digests.Parse(Text(data, "inputHash")), PlaceOf(data.GetProperty("origin").GetProperty("position"))));
                break;
            case "code_predicted.v1":
                _predictions.Add(Prediction(sequence, data.GetProperty("prediction"), data.GetProperty("origin").GetProperty("position")));
                break;
            case "record_dead_lettered.v1":
                var content = data.GetProperty("~private");
                var record = data.GetProperty("record");
                _letters.Add(new LedgerDeadLetter(
                    sequence, Text(record, "topic"), PlaceOf(record), Text(data, "reason"),
                    Digests.OfRecord(Bytes(content, "key"), Bytes(content, "value"))));
                break;
            default:
                _conflicts++;
                break;
        }
    }

    private LedgerPrediction Prediction(long sequence, JsonElement prediction, JsonElement recorded)
    {
        var probabilities = new ContentDigest();
        var confidence = prediction.GetProperty("confidence");
        probabilities.Add(confidence.GetProperty("subheading").GetSingle()).Add(confidence.GetProperty("heading").GetSingle()).Add(confidence.GetProperty("chapter").GetSingle());
        foreach (var level in (ReadOnlySpan<string>)["subheadings", "headings", "chapters"])
        {
            var ranking = prediction.GetProperty(level);
            probabilities.Add(ranking.GetArrayLength());
            foreach (var ranked in ranking.EnumerateArray()) { probabilities.Add(ranked[0].GetString()).Add(ranked[1].GetSingle()); }
        }

        var decision = new ContentDigest()
            .Add(Text(prediction, "encoderHash")).Add(Text(prediction, "edition")).Add(Text(prediction, "code")).Add(Text(prediction, "outcome").ToUpperInvariant())
            .Add(Text(prediction, "decidedLevel").ToUpperInvariant()).Add(Optional(prediction, "decidedCode")).Add(Optional(prediction, "experimentId"));
        foreach (var list in (ReadOnlySpan<string>)["reasons", "issues"])
        {
            var words = prediction.GetProperty(list);
            decision.Add(words.GetArrayLength());
            foreach (var word in words.EnumerateArray()) { decision.Add(word.GetString()); }
        }

        if (prediction.TryGetProperty("plausible", out var plausible) && plausible.ValueKind == JsonValueKind.Object)
        {
            decision.Add(plausible.GetProperty("coverage").GetDouble());
            foreach (var level in (ReadOnlySpan<string>)["subheadings", "headings", "chapters"])
            {
                var set = plausible.GetProperty(level);
                var codes = set.GetProperty("codes");
                decision.Add(set.GetProperty("size").GetInt32()).Add(codes.GetArrayLength());
                foreach (var code in codes.EnumerateArray()) { decision.Add(code.GetString()); }
            }
        }

        var version = Text(prediction, "modelVersion");
        _versions.TryAdd(version, version);
        return new LedgerPrediction(
            sequence, UInt128.Parse(Text(prediction, "predictionId"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), Text(prediction, "descriptionId"),
            Digests.Parse(Text(prediction, "inputHash")), _versions[version], PlaceOf(prediction.GetProperty("origin")), probabilities.Close(), decision.Close(), PlaceOf(recorded));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string? Optional(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static byte[]? Bytes(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetBytesFromBase64() : null;

    private static Place PlaceOf(JsonElement position) => new(position.GetProperty("partition").GetInt32(), position.GetProperty("offset").GetInt64());
}
