using System.CommandLine;
using System.Globalization;
using Confluent.Kafka;
using HsStream.Cli.Audit;
using HsStream.Cli.Connect;
using HsStream.Cli.Models;
using HsStream.Cli.Publish;
using HsStream.Cli.Replay;
using HsStream.Cli.Tail;
using HsStream.Cli.Up;
using HsStream.Cli.Verify;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;
using HsStream.Domain.Replay;
using HsStream.Scoring.Bundles;
using HsStream.Store;
using HsStream.Store.Reading;
using HsStream.Store.Verification;
using HsStream.Training.Catalogue;

namespace HsStream.Cli.Demo;

/// <summary>What the demonstration shows, on a system that runs. Any surprise is an exception.</summary>
internal sealed class Story(WholeSystem system, Bundle bundle, int count, InvocationConfiguration console, TimeProvider time)
{
    private const int ShownPredictions = 10;
    private const int DecisionsOfStep = 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly TextWriter _output = console.Output;

    public async Task TellAsync(CancellationToken cancellationToken)
    {
        var endpoints = system.Endpoints;
        var connections = new Connections(endpoints.Kafka, endpoints.Registry!, endpoints.Postgres!, endpoints.Http, "of the demonstration");
        await _output.WriteLineAsync($"\nStarted broker, schema registry, PostgreSQL, scorer, ledger and console in {system.Platform.DataDirectory}");
        await _output.WriteLineAsync($"  kafka {endpoints.Kafka}  registry {endpoints.Registry}  http {endpoints.Http}");
        await using var ledger = await LedgerAccess.CreateAsync(connections, cancellationToken);
        await PromoteAsync(ledger, cancellationToken);
        await StreamAsync(connections, ledger, cancellationToken);
        var decisions = await DecisionsAsync(ledger, cancellationToken);
        await ShowAsync(decisions);
        using var bundles = ReplayModels.Open(system.Models, null, system.Platform.DataDirectory, connections);
        await AuditAsync(ledger, bundles, decisions, cancellationToken);
        await ReplayAsync(bundles, decisions, cancellationToken);
        await _output.WriteLineAsync("\nVerified the ledger (hsstream verify)");
        var report = await ledger.Verifier.VerifyAsync(new VerifyOptions(), null, cancellationToken);
        await VerifyVerb.WriteAsync(report, _output);
        Expect(report.IsValid, "a valid ledger");
    }

    private async Task PromoteAsync(LedgerStore ledger, CancellationToken cancellationToken)
    {
        var mandate = new Mandate("hsstream demo", "the demonstration needs a champion", null);
        await LedgerAccess.OrderAsync(() => ledger.Models.RegisterAsync(BundleFacts.Of(bundle.Manifest), mandate, cancellationToken));
        await LedgerAccess.OrderAsync(() => ledger.Models.PromoteAsync(bundle.ModelVersion, mandate, cancellationToken));
        await _output.WriteLineAsync($"Registered and promoted model {ModelNames.Short(bundle.ModelVersion)} ({bundle.Manifest.Architecture}, {bundle.Manifest.NomenclatureEdition}, trained on {bundle.Manifest.Dataset.Rows} lines {bundle.Manifest.Dataset.Source})");
    }

    /// <summary>Publishes lines and waits until each has its prediction in Kafka and in the ledger.</summary>
    private async Task StreamAsync(Connections connections, LedgerStore ledger, CancellationToken cancellationToken)
    {
        // The scorer takes the model up within moments; what it would be measured at before that is waiting.
        await WarmUpAsync(connections, cancellationToken);
        await _output.WriteLineAsync($"\nStreaming {count} generated shipment lines through {Topics.Descriptions}");
        var lines = new ShipmentGenerator(ProductCatalogue.Shipped, new GeneratorOptions { Seed = 7, ExpectedCount = count }).Generate(count).Select(line => new ProductDescription
        {
            DescriptionId = line.Id, Text = line.Description, Source = line.Shipper, DeclaredCode = line.Label.ToString(), DescribedAt = line.Time,
        });
        using var streaming = new StreamingAccess(connections);
        var publication = new Publication(streaming, Topics.Descriptions, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(Patience);
        var start = time.GetTimestamp();
        var predicted = 0;
        var publishing = Task.Run(() => publication.SendAsync(lines, TimeSpan.Zero, _ => { }, stop.Token), stop.Token);
        var counting = Task.Run(() => CountPredictions(connections, found => predicted = found, stop.Token), stop.Token);
        TimeSpan? published = null, answered = null;
        long recorded = 0;
        using (var progress = new ProgressLine(console.Error, "predictions", count, time))
        {
            while (answered is null || recorded < count)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken);
                if (stop.IsCancellationRequested) { throw new OperatorException($"expected {count} predictions within {Patience.TotalSeconds} s, got {predicted} in Kafka and {recorded} in the ledger"); }
                if (publishing.IsCompleted && published is null)
                {
                    await publishing;
                    published = time.GetElapsedTime(start);
                }

                if (counting.IsCompleted && answered is null)
                {
                    await counting;
                    answered = time.GetElapsedTime(start);
                }

                recorded = await ledger.Queries.CountPredictionsAsync(new PredictionRange(), cancellationToken) - 1;
                progress.Report(predicted, string.Create(CultureInfo.InvariantCulture, $"; {publication.Acknowledged} published, {recorded} in the ledger"));
            }
        }

        var whole = time.GetElapsedTime(start);
        await _output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"  published in {published!.Value.TotalSeconds:0.0} s, predicted in {answered!.Value.TotalSeconds:0.0} s, in the ledger in {whole.TotalSeconds:0.0} s: {count / answered.Value.TotalSeconds:0} predictions/s, {count / whole.TotalSeconds:0} audited decisions/s"));
        var all = ReadPredictions(connections, isFollowing: false, cancellationToken).Count() - 1;
        Expect(all == count && recorded == count, $"exactly {count} predictions, got {all} in Kafka and {recorded} in the ledger");
        await _output.WriteLineAsync("  each line has exactly one prediction in Kafka (read_committed) and one in the ledger");
    }

    private async Task WarmUpAsync(Connections connections, CancellationToken cancellationToken)
    {
        using var streaming = new StreamingAccess(connections);
        var first = new ProductDescription { DescriptionId = "demo-first", Text = "USED RICE COOKER", Source = "demo" };
        await new Publication(streaming, Topics.Descriptions, time).SendAsync([first], TimeSpan.Zero, _ => { }, cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(Patience);
        if (!ReadPredictions(connections, isFollowing: true, stop.Token).Any()) { throw new OperatorException($"expected a first prediction within {Patience.TotalSeconds} s, got none"); }
    }

    /// <summary>Counts different descriptions; a second prediction of one is a surprise.</summary>
    private void CountPredictions(Connections connections, Action<int> onFound, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var record in ReadPredictions(connections, isFollowing: true, cancellationToken))
        {
            Expect(seen.Add(ValueDecoder.Text(record.Message.Key)!), $"one prediction of {ValueDecoder.Text(record.Message.Key)}");
            onFound(seen.Count - 1);
            if (seen.Count > count) { return; }
        }
    }

    private static IEnumerable<ConsumeResult<byte[]?, byte[]?>> ReadPredictions(Connections connections, bool isFollowing, CancellationToken cancellationToken)
    {
        var kafka = new KafkaAccess(connections);
        using var consumer = kafka.OpenConsumer();
        var starts = Enumerable.Range(0, kafka.Partitions(Topics.Predictions)).Select(p => new TopicPartitionOffset(Topics.Predictions, p, Offset.Beginning)).ToList();
        foreach (var record in kafka.Read(consumer, starts, isFollowing, cancellationToken)) { yield return record; }
    }

    private static async Task<List<LedgerPrediction>> DecisionsAsync(LedgerStore ledger, CancellationToken cancellationToken)
    {
        var decisions = new List<LedgerPrediction>();
        await foreach (var decision in ledger.Queries.PredictionsAsync(new PredictionRange(), cancellationToken)) { decisions.Add(decision); }
        return decisions;
    }

    private async Task ShowAsync(List<LedgerPrediction> decisions)
    {
        await _output.WriteLineAsync("\nSome predictions (hsstream tail hs.predictions)");
        var listing = new Listing("description", "outcome", "code", "p", "title");
        foreach (var decision in decisions.Where(decision => decision.Goods is not null).DistinctBy(decision => decision.Prediction.Code).Take(ShownPredictions))
        {
            var prediction = decision.Prediction;
            listing.Add(
                decision.Goods!.Text, prediction.Outcome.ToString().ToUpperInvariant(), prediction.Code.ToString(), prediction.Subheadings[0].Probability.ToString("0.000", CultureInfo.InvariantCulture),
                HsNomenclature.Of(prediction.Edition).Title(prediction.Code)?.Text);
        }

        await listing.WriteAsync(_output, isJson: false);
        var auto = decisions.Count(decision => decision.Prediction.Outcome == PredictionOutcome.Auto);
        await _output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {auto} AUTO, {decisions.Count - auto} REVIEW"));
    }

    private async Task AuditAsync(LedgerStore ledger, ReplayModels bundles, List<LedgerPrediction> decisions, CancellationToken cancellationToken)
    {
        var id = decisions[^1].Prediction.DescriptionId;
        await _output.WriteLineAsync($"\nAudit trail of one (hsstream audit {id})");
        var report = await AuditReport.MakeAsync(ledger, bundles, id, isShort: false, cancellationToken);
        await report.WriteAsync(_output);
    }

    private async Task ReplayAsync(ReplayModels bundles, List<LedgerPrediction> decisions, CancellationToken cancellationToken)
    {
        await _output.WriteLineAsync("\nExecuted every decision again (hsstream replay)");
        var run = new ReplayRun();
        var replayer = new Replayer(bundles);
        var start = time.GetTimestamp();
        foreach (var step in decisions.Chunk(DecisionsOfStep))
        {
            foreach (var one in await replayer.ReplayAsync(step, cancellationToken)) { run.Add(one); }
        }

        var listing = new Listing("verdict", "decisions");
        foreach (var verdict in Enum.GetValues<ReplayVerdict>().Where(verdict => verdict <= ReplayVerdict.Different)) { listing.Add(verdict.Word(), run[verdict]); }
        await listing.WriteAsync(_output, isJson: false);
        await _output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  in {time.GetElapsedTime(start).TotalSeconds:0.0} s"));
        Expect(run[ReplayVerdict.Identical] == decisions.Count, "every decision to be IDENTICAL");
    }

    private static void Expect(bool isSo, string what)
    {
        if (!isSo) { throw new OperatorException($"the demonstration expected {what}"); }
    }
}
