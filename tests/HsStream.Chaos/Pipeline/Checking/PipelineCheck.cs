namespace HsStream.Chaos.Pipeline.Checking;

/// <summary>Holds what topics and ledger contain against what the pipeline promises. Pure: everything was read before.</summary>
internal static class PipelineCheck
{
    public const string SomethingToCheck = "the run did something";
    public const string OneAnswer = "each description has exactly one prediction or dead letter";
    public const string RightAnswer = "a prediction names its description's id, text and key";
    public const string Order = "predictions of a key stand in the order of its descriptions";
    public const string SameIdSameContent = "predictions of one id have one content";
    public const string DeadLetters = "dead letters are the poison records, for the expected reason";
    public const string OriginalBytes = "dead letters have the original key and bytes";
    public const string ReadersAtEnd = "scorer and ledger have read everything";
    public const string LedgerDescriptions = "the ledger has each distinct text of an id once, in order";
    public const string LedgerPredictions = "the ledger has each prediction once";
    public const string LedgerBits = "ledger and topic have the same codes and bits";
    public const string LedgerDeadLetters = "the ledger has each dead letter once, with its bytes";
    public const string NoConflicts = "the ledger noted no contradiction";
    public const string Chain = "the hash chain of the ledger is valid";

    public static CheckReport Run(PipelineFacts facts)
    {
        var report = new CheckReport();
        report.Add(SomethingToCheck, facts.Descriptions.Count, facts.Descriptions.Count > 0 && facts.Predictions.Count > 0 ? [] : [$"{facts.Descriptions.Count} descriptions, {facts.Predictions.Count} predictions"]);
        var descriptions = facts.Descriptions.ToDictionary(d => d.At);
        report.Add(OneAnswer, facts.Descriptions.Count, Answers(facts, descriptions));
        report.Add(RightAnswer, facts.Predictions.Count, facts.Predictions.SelectMany(p => Mismatches(p, descriptions)));
        report.Add(Order, facts.Predictions.Count, Disorder(facts.Predictions));
        report.Add(SameIdSameContent, facts.Predictions.Count, facts.Predictions.GroupBy(p => p.PredictionId)
            .Where(g => g.Select(p => (p.DescriptionId, p.Text, p.ModelVersion, p.Probabilities, p.Decision)).Distinct().Skip(1).Any())
            .Select(g => $"{g.Key:x32} at {string.Join(", ", g.Select(p => p.At))}"));
        report.Add(DeadLetters, facts.DeadLetters.Count, Unexpected(facts, descriptions));
        report.Add(OriginalBytes, facts.DeadLetters.Count, facts.DeadLetters
            .Where(l => l.OriginTopic == facts.DescriptionsTopic && descriptions.TryGetValue(l.Origin, out var d) && d.Bytes != l.Bytes)
            .Select(l => $"{l.At} differs from {l.Origin}"));
        report.Add(ReadersAtEnd, facts.Progress.Count, facts.Progress
            .Where(p => p.LastRecord >= 0 && !(p.Next > p.LastRecord && p.Next <= p.End))
            .Select(p => $"{p.Reader} is at {p.Next?.ToString() ?? "nothing"} of {p.Topic}[{p.Partition}], whose last record is {p.LastRecord} and whose end is {p.End}"));
        if (facts.Ledger is { } ledger) { CheckLedger(report, facts, ledger); }
        return report;
    }

    private static IEnumerable<string> Answers(PipelineFacts facts, Dictionary<Place, DescriptionFact> descriptions)
    {
        var answers = descriptions.Keys.ToDictionary(at => at, _ => (Predictions: 0, Letters: 0));
        var strays = new List<string>();
        foreach (var prediction in facts.Predictions)
        {
            if (answers.TryGetValue(prediction.Origin, out var known)) { answers[prediction.Origin] = (known.Predictions + 1, known.Letters); }
            else { strays.Add($"prediction {prediction.At} answers {prediction.Origin}, which is no description"); }
        }

        foreach (var letter in facts.DeadLetters.Where(letter => letter.OriginTopic == facts.DescriptionsTopic))
        {
            if (answers.TryGetValue(letter.Origin, out var known)) { answers[letter.Origin] = (known.Predictions, known.Letters + 1); }
            else { strays.Add($"dead letter {letter.At} is of {letter.Origin}, which is no description"); }
        }

        return strays.Concat(answers.Where(a => a.Value.Predictions + a.Value.Letters != 1)
            .Select(a => $"{descriptions[a.Key].Key} {a.Key} has {a.Value.Predictions} predictions and {a.Value.Letters} dead letters"));
    }

    private static IEnumerable<string> Mismatches(PredictionFact prediction, Dictionary<Place, DescriptionFact> descriptions)
    {
        if (!descriptions.TryGetValue(prediction.Origin, out var description)) { yield break; }
        if (description.DescriptionId != prediction.DescriptionId) { yield return $"{prediction.At} is of {prediction.DescriptionId}, its description {prediction.Origin} of {description.DescriptionId}"; }
        if (description.Text != prediction.Text) { yield return $"{prediction.At} has another input hash than the text of {prediction.Origin}"; }
        if (description.Key != prediction.Key) { yield return $"{prediction.At} has the key {prediction.Key}, its description {description.Key}"; }
        if (prediction.DerivedId != prediction.PredictionId) { yield return $"{prediction.At} has the id {prediction.PredictionId:x32}, and description, text and model make {prediction.DerivedId:x32}"; }
    }

    /// <summary>All descriptions of a key are in one partition, and so are its predictions.</summary>
    private static IEnumerable<string> Disorder(IReadOnlyList<PredictionFact> predictions)
    {
        var last = new Dictionary<string, PredictionFact>(StringComparer.Ordinal);
        foreach (var prediction in predictions)
        {
            var key = prediction.Key ?? "";
            if (last.TryGetValue(key, out var before) && before.Origin.Partition == prediction.Origin.Partition)
            {
                if (before.At.Partition != prediction.At.Partition) { yield return $"{key} has predictions in partitions {before.At.Partition} and {prediction.At.Partition}"; }
                else if (before.Origin.Offset >= prediction.Origin.Offset) { yield return $"{key}: {prediction.At} answers {prediction.Origin} after {before.At} answered {before.Origin}"; }
            }

            last[key] = prediction;
        }
    }

    private static IEnumerable<string> Unexpected(PipelineFacts facts, Dictionary<Place, DescriptionFact> descriptions)
    {
        var letters = new HashSet<Place>();
        foreach (var letter in facts.DeadLetters)
        {
            if (letter.OriginTopic != facts.DescriptionsTopic) { yield return $"{letter.At} is of {letter.OriginTopic}{letter.Origin}: {letter.Reason}"; continue; }
            letters.Add(letter.Origin);
            if (!descriptions.TryGetValue(letter.Origin, out var description) || !facts.IsMarked) { continue; }
            if (description.Poison is null) { yield return $"{letter.Origin} is no poison and was dead-lettered: {letter.Reason}"; }
            else if (description.Poison != letter.Reason) { yield return $"{letter.Origin} was dead-lettered for {letter.Reason}, expected {description.Poison}"; }
        }

        foreach (var poison in facts.Descriptions.Where(d => d.Poison is not null && !letters.Contains(d.At)))
        {
            yield return $"{poison.At} is poison ({poison.Poison}) and has no dead letter";
        }
    }

    private static void CheckLedger(CheckReport report, PipelineFacts facts, LedgerFacts ledger)
    {
        report.Add(LedgerDescriptions, ledger.Descriptions.Count, Revisions(facts, ledger));
        var topic = facts.Predictions.GroupBy(p => p.PredictionId).ToDictionary(g => g.Key, g => g.First());
        var recorded = ledger.Predictions.ToLookup(p => p.PredictionId);
        report.Add(LedgerPredictions, ledger.Predictions.Count, topic.Values.Where(p => !recorded.Contains(p.PredictionId)).Select(p => $"{p.DescriptionId} {p.At} is not in the ledger")
            .Concat(recorded.Where(g => g.Skip(1).Any()).Select(g => $"{g.Key:x32} is in the ledger {g.Count()} times, as events {string.Join(", ", g.Select(p => p.Sequence))}"))
            .Concat(recorded.Where(g => !topic.ContainsKey(g.Key)).Select(g => $"event {g.First().Sequence} is of a prediction that is not in the topic")));
        report.Add(LedgerBits, ledger.Predictions.Count, ledger.Predictions.Where(p => topic.TryGetValue(p.PredictionId, out var first)
                && (first.DescriptionId, first.Text, first.ModelVersion, first.Probabilities, first.Decision) != (p.DescriptionId, p.Text, p.ModelVersion, p.Probabilities, p.Decision))
            .Select(p => $"event {p.Sequence} differs from {topic[p.PredictionId].At}: {Difference(topic[p.PredictionId], p)}"));
        report.Add(LedgerDeadLetters, ledger.DeadLetters.Count, Letters(facts, ledger));
        report.Add(NoConflicts, ledger.Conflicts, ledger.Conflicts == 0 ? [] : [$"{ledger.Conflicts} conflicts"]);
        report.Add(Chain, ledger.ChainEvents, ledger.ChainEvents == 0 ? ["nothing was verified"] : ledger.ChainComplaints);
    }

    private static string Difference(PredictionFact topic, LedgerPrediction ledger) =>
        topic.Probabilities != ledger.Probabilities ? "codes or probabilities" : topic.Decision != ledger.Decision ? "the decision" : "id, text or model";

    private static IEnumerable<string> Revisions(PipelineFacts facts, LedgerFacts ledger)
    {
        var dead = facts.DeadLetters.Where(l => l.OriginTopic == facts.DescriptionsTopic).Select(l => l.Origin).ToHashSet();
        var expected = facts.Descriptions.Where(d => d.DescriptionId is not null && !dead.Contains(d.At)).OrderBy(d => d.At.Partition).ThenBy(d => d.At.Offset)
            .GroupBy(d => d.DescriptionId!).ToDictionary(g => g.Key, g => g.DistinctBy(d => d.Text).ToList());
        var recorded = ledger.Descriptions.OrderBy(d => d.Sequence).GroupBy(d => d.DescriptionId).ToDictionary(g => g.Key, g => g.ToList());
        foreach (var (id, texts) in expected)
        {
            if (!recorded.TryGetValue(id, out var found)) { yield return $"{id} is not in the ledger"; continue; }
            if (!found.Select(d => d.Text).SequenceEqual(texts.Select(d => d.Text))) { yield return $"{id} has {found.Count} texts in the ledger and {texts.Count} in the topic, or another order"; }
            else if (!found.Select(d => d.Origin).SequenceEqual(texts.Select(d => d.At))) { yield return $"{id} is recorded from {found[0].Origin}, and first stands at {texts[0].At}"; }
            else if (!found.Select(d => d.Revision).SequenceEqual(Enumerable.Range(1, found.Count))) { yield return $"{id} has the revisions {string.Join(", ", found.Select(d => d.Revision))}"; }
        }

        foreach (var id in recorded.Keys.Where(id => !expected.ContainsKey(id))) { yield return $"{id} is in the ledger and not in the topic"; }
    }

    private static IEnumerable<string> Letters(PipelineFacts facts, LedgerFacts ledger)
    {
        var recorded = ledger.DeadLetters.ToLookup(l => (l.OriginTopic, l.Origin));
        foreach (var letter in facts.DeadLetters)
        {
            var found = recorded[(letter.OriginTopic, letter.Origin)].ToList();
            if (found.Count != 1) { yield return $"{letter.OriginTopic}{letter.Origin} is in the ledger {found.Count} times"; }
            else if (found[0].Bytes != letter.Bytes || found[0].Reason != letter.Reason) { yield return $"event {found[0].Sequence} has other bytes or another reason than {letter.At}"; }
        }

        var topic = facts.DeadLetters.Select(l => (l.OriginTopic, l.Origin)).ToHashSet();
        foreach (var stray in ledger.DeadLetters.Where(l => !topic.Contains((l.OriginTopic, l.Origin)))) { yield return $"event {stray.Sequence} is of no dead letter"; }
    }
}
