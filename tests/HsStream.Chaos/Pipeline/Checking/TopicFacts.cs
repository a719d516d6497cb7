using System.Globalization;
using System.Text;
using Avro.Generic;
using Confluent.Kafka;
using HsStream.Chaos.Load;

namespace HsStream.Chaos.Pipeline.Checking;

/// <summary>Reads the topics of a pipeline from beginning to end, committed records alone.</summary>
internal sealed class TopicFacts(string bootstrap, AvroRecords avro, IReadOnlyDictionary<string, string>? clientProperties = null)
{
    /// <summary>The header with which a load marks a record as poison; its value is the expected reason.</summary>
    public const string PoisonHeader = "chaos-poison";

    /// <summary>Without a record for so long, a topic that has not come to its end is given up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, string> _poisons = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _versions = new(StringComparer.Ordinal);

    /// <summary>Last record and end of each partition read so far.</summary>
    public Dictionary<TopicPartition, (long LastRecord, long End)> Ends { get; } = [];

    public List<DescriptionFact> Descriptions(string topic)
    {
        var facts = new List<DescriptionFact>();
        Read(topic, result =>
        {
            var poison = Header(result, PoisonHeader);
            if (poison is not null && !_poisons.TryAdd(poison, poison)) { poison = _poisons[poison]; }
            var record = avro.TryRead(result.Message.Value, "hsstream.ProductDescription");
            var id = record is null ? null : (string)record.GetValue(0);
            var key = result.Message.Key is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
            facts.Add(new DescriptionFact(
                PlaceOf(result), key, id == key ? key : id, record is null ? 0 : Digests.OfText((string)record.GetValue(1)), Digests.OfRecord(result.Message.Key, result.Message.Value), poison));
        });
        return facts;
    }

    /// <summary>In the order of each partition.</summary>
    public List<PredictionFact> Predictions(string topic)
    {
        var facts = new List<PredictionFact>();
        Read(topic, result =>
        {
            var record = avro.Read(result.Message.Value, "hsstream.HsPrediction");
            var id = Text(record, "description_id");
            var key = result.Message.Key is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
            var (hash, version) = (Text(record, "input_hash"), Intern(Text(record, "model_version")));
            var origin = (GenericRecord)record["origin"];
            var (probabilities, decision) = Content(record);
            facts.Add(new PredictionFact(
                PlaceOf(result), id == key ? id : key, UInt128.Parse(Text(record, "prediction_id"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                Digests.PredictionId(id, hash, version), id, Digests.Parse(hash), version, new Place((int)origin["partition"], (long)origin["offset"]), probabilities, decision));
        });
        return facts;
    }

    public List<DeadLetterFact> DeadLetters(string topic)
    {
        var facts = new List<DeadLetterFact>();
        Read(topic, result => facts.Add(new DeadLetterFact(
            PlaceOf(result), Header(result, "hs_origin_topic") ?? "",
            new Place(
                int.Parse(Header(result, "hs_origin_partition") ?? "-1", NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
                long.Parse(Header(result, "hs_origin_offset") ?? "-1", NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)),
            Header(result, "hs_reason") ?? "", Digests.OfRecord(result.Message.Key, result.Message.Value))));
        return facts;
    }

    /// <summary>Where a consumer group stands in a topic that was read.</summary>
    public IEnumerable<ProgressFact> Group(string group, string topic)
    {
        using var consumer = Build(group);
        foreach (var stored in consumer.Committed(Ends.Keys.Where(p => p.Topic == topic), TimeSpan.FromSeconds(30)))
        {
            var (last, end) = Ends[stored.TopicPartition];
            yield return new ProgressFact(group, topic, stored.Partition, last, end, stored.Offset == Offset.Unset ? null : stored.Offset.Value);
        }
    }

    /// <summary>Every committed record up to the end at this moment, one partition's in offset order.</summary>
    public void Read(string topic, Action<ConsumeResult<byte[]?, byte[]?>> each)
    {
        using var consumer = Build("checker-" + Guid.NewGuid().ToString("N"));
        using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        var partitions = admin.GetMetadata(topic, TimeSpan.FromSeconds(30)).Topics.Single().Partitions.Select(p => new TopicPartition(topic, p.PartitionId)).ToList();
        if (partitions.Count == 0) { throw new InvalidDataException($"Expected a topic {topic}, got none."); }
        foreach (var partition in partitions) { Ends[partition] = (-1, consumer.QueryWatermarkOffsets(partition, TimeSpan.FromSeconds(30)).High); }
        consumer.Assign(partitions.Select(p => new TopicPartitionOffset(p, Offset.Beginning)));
        var open = partitions.ToHashSet();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (open.Count > 0)
        {
            if (watch.Elapsed > Patience) { throw new TimeoutException($"No record and no end of {topic}[{string.Join(',', open.Select(p => p.Partition.Value))}] for {Patience}: a transaction is left open, or the broker is gone."); }
            if (consumer.Consume(TimeSpan.FromMilliseconds(200)) is not { } result) { continue; }
            watch.Restart();
            if (result.IsPartitionEOF)
            {
                open.Remove(result.TopicPartition);
                Ends[result.TopicPartition] = (Ends[result.TopicPartition].LastRecord, Math.Max(Ends[result.TopicPartition].End, result.Offset));
                continue;
            }

            Ends[result.TopicPartition] = (result.Offset, Math.Max(Ends[result.TopicPartition].End, result.Offset + 1));
            each(result);
        }
    }

    private static Place PlaceOf(ConsumeResult<byte[]?, byte[]?> result) => new(result.Partition, result.Offset);

    private static string Text(GenericRecord record, string field) => (string)record[field];

    private static string? Header(ConsumeResult<byte[]?, byte[]?> result, string name) =>
        result.Message.Headers?.TryGetLastBytes(name, out var bytes) == true ? Encoding.UTF8.GetString(bytes) : null;

    private static (UInt128 Probabilities, UInt128 Decision) Content(GenericRecord record)
    {
        var probabilities = new ContentDigest();
        var confidence = (GenericRecord)record["confidence"];
        probabilities.Add((float)confidence["subheading"]).Add((float)confidence["heading"]).Add((float)confidence["chapter"]);
        foreach (var level in (ReadOnlySpan<string>)["subheadings", "headings", "chapters"])
        {
            var ranking = (object[])record[level];
            probabilities.Add(ranking.Length);
            foreach (GenericRecord ranked in ranking) { probabilities.Add((string)ranked["code"]).Add((float)ranked["probability"]); }
        }

        var decision = new ContentDigest()
            .Add(Text(record, "encoder_hash")).Add(Text(record, "nomenclature_edition")).Add(Text(record, "code")).Add(((GenericEnum)record["outcome"]).Value)
            .Add(((GenericEnum)record["decided_level"]).Value).Add((string?)record["decided_code"]).Add((string?)record["experiment_id"]);
        foreach (var list in (ReadOnlySpan<string>)["reasons", "issues"])
        {
            var words = (object[])record[list];
            decision.Add(words.Length);
            foreach (string word in words) { decision.Add(word); }
        }

        if (record["plausible"] is GenericRecord plausible)
        {
            decision.Add((double)plausible["coverage"]);
            foreach (var level in (ReadOnlySpan<string>)["subheadings", "headings", "chapters"])
            {
                var set = (GenericRecord)plausible[level];
                var codes = (object[])set["codes"];
                decision.Add((int)set["size"]).Add(codes.Length);
                foreach (string code in codes) { decision.Add(code); }
            }
        }

        return (probabilities.Close(), decision.Close());
    }

    private string Intern(string version)
    {
        _versions.TryAdd(version, version);
        return _versions[version];
    }

    private IConsumer<byte[]?, byte[]?> Build(string group)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = bootstrap,
            GroupId = group,
            EnableAutoCommit = false,
            EnablePartitionEof = true,
            IsolationLevel = IsolationLevel.ReadCommitted,
            AutoOffsetReset = AutoOffsetReset.Error,
            MetadataRecoveryStrategy = ClientSettings.NoRebootstrap,
        };
        foreach (var (name, value) in clientProperties ?? new Dictionary<string, string>()) { config.Set(name, value); }
        return new ConsumerBuilder<byte[]?, byte[]?>(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
    }
}
