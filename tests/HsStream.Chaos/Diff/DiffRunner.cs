using System.Globalization;
using System.Text.Json;

namespace HsStream.Chaos.Diff;

/// <summary>One step that two brokers answered differently.</summary>
internal sealed record Difference(string Kind, int Seed, int Step, string Request, string Ours, string Theirs, string? Known);

/// <summary>What a script did on one broker, as it is kept in a recording.</summary>
internal sealed record PlayedScript(string Kind, int Seed, IReadOnlyList<Played> Steps);

/// <summary>Plays generated scripts to two brokers, or to one and a recording, and compares step by step.</summary>
internal sealed class DiffRunner(int firstSeed, int scriptsPerKind, TextWriter output)
{
    public static readonly IReadOnlyDictionary<string, Func<int, Script>> Kinds = new Dictionary<string, Func<int, Script>>
    {
        ["produce"] = RecordScripts.Produce,
        ["read"] = RecordScripts.Read,
        ["idempotence"] = ProducerScripts.Idempotence,
        ["transactions"] = ProducerScripts.Transactions,
        ["offsets"] = OffsetScripts.Offsets,
        ["groups"] = GroupScripts.Dance,
        ["admin"] = AdminScripts.Admin,
    };

    /// <summary>The scripts' records are of 1970: retention would remove them at a moment of its own.</summary>
    private static readonly (string Name, string Value) KeepForEver = ("retention.ms", "-1");

    private const int ShownDifferences = 20;
    private static readonly TimeSpan ScriptLimit = TimeSpan.FromMinutes(3);

    public int Steps { get; private set; }

    public async Task<IReadOnlyList<Difference>> CompareAsync(string bootstrapA, string bootstrapB, CancellationToken cancellationToken)
    {
        var differences = new List<Difference>();
        foreach (var script in Scripts())
        {
            var played = await Task.WhenAll(PlayAsync(script, bootstrapA, "a", cancellationToken), PlayAsync(script, bootstrapB, "b", cancellationToken));
            Compare(played[0], played[1], differences);
        }

        return differences;
    }

    public async Task RecordAsync(string bootstrap, string file, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(file);
        foreach (var script in Scripts())
        {
            await writer.WriteLineAsync(JsonSerializer.Serialize(await PlayAsync(script, bootstrap, "a", cancellationToken)));
        }
    }

    public async Task<IReadOnlyList<Difference>> ReplayAsync(string bootstrap, string file, CancellationToken cancellationToken)
    {
        var differences = new List<Difference>();
        foreach (var line in await File.ReadAllLinesAsync(file, cancellationToken))
        {
            var recorded = JsonSerializer.Deserialize<PlayedScript>(line) ?? throw new FormatException($"Expected a played script in {file}, got: {line}");
            var played = await PlayAsync(Kinds[recorded.Kind](recorded.Seed), bootstrap, "b", cancellationToken);
            Compare(recorded, played, differences);
        }

        return differences;
    }

    /// <summary>Shows the first differences and a table of all.</summary>
    public void Report(IReadOnlyList<Difference> differences)
    {
        foreach (var difference in differences.Where(one => one.Known is null).Take(ShownDifferences))
        {
            output.WriteLine($"{difference.Kind} seed {difference.Seed}, step {difference.Step}");
            output.WriteLine($"  request: {difference.Request}");
            output.WriteLine($"  A: {difference.Ours}");
            output.WriteLine($"  B: {difference.Theirs}");
        }

        var unknown = differences.Count(one => one.Known is null);
        if (unknown > ShownDifferences) { output.WriteLine($"... and {unknown - ShownDifferences} more"); }
        output.WriteLine();
        output.WriteLine($"{"script",-14}{"differences",12}{"known",8}");
        foreach (var kind in Kinds.Keys)
        {
            output.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{kind,-14}{differences.Count(one => one.Kind == kind && one.Known is null),12}{differences.Count(one => one.Kind == kind && one.Known is not null),8}"));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Steps} steps compared, {unknown} differences"));
        foreach (var known in differences.Where(one => one.Known is not null).GroupBy(one => one.Known))
        {
            output.WriteLine($"known deviation, {known.Count()} times: {known.Key}");
        }
    }

    private IEnumerable<Script> Scripts() =>
        from seed in Enumerable.Range(firstSeed, scriptsPerKind)
        from kind in Kinds.Values
        select kind(seed);

    private static async Task<PlayedScript> PlayAsync(Script script, string bootstrap, string name, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ScriptLimit);
        using var side = new Side(bootstrap, $"{name}{Guid.NewGuid().ToString("N")[..10]}-{script.Kind}-{script.Seed}");
        var played = new List<Played>();
        try
        {
            foreach (var topic in script.Topics) { await side.Cluster.CreateTopicAsync(side.Name(topic.Name), topic.Partitions, [.. topic.Configs, KeepForEver], limit.Token); }
            foreach (var step in script.Steps) { played.Add(await step.PlayAsync(side, limit.Token)); }
        }
        catch (Exception e) when (e is TimeoutException or IOException or InvalidOperationException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            played.Add(new Played($"step {played.Count} of {script.Kind}", $"{e.GetType().Name}: {side.Plain(e.Message)}"));
        }

        foreach (var topic in script.Topics.Select(topic => topic.Name).Concat(["made1", "made2"])) { await side.Cluster.DeleteTopicAsync(side.Name(topic), cancellationToken); }
        return new PlayedScript(script.Kind, script.Seed, played);
    }

    private void Compare(PlayedScript a, PlayedScript b, List<Difference> differences)
    {
        Steps += a.Steps.Count;
        for (var step = 0; step < Math.Max(a.Steps.Count, b.Steps.Count); step++)
        {
            var (one, other) = (a.Steps.ElementAtOrDefault(step), b.Steps.ElementAtOrDefault(step));
            if (one == other) { continue; }
            var request = one?.Request == other?.Request ? one!.Request : $"A sent {one?.Request}; B sent {other?.Request}";
            differences.Add(
                new Difference(a.Kind, a.Seed, step, request, one?.Answer ?? "nothing", other?.Answer ?? "nothing", KnownDeviations.Explain(request, one?.Answer, other?.Answer)));

            // The first difference leads to others that say nothing new.
            if (KnownDeviations.Explain(request, one?.Answer, other?.Answer) is null) { return; }
        }
    }
}
