using HsStream.Chaos.Pipeline.Checking;
using HsStream.Chaos.Pipeline.Faults;
using HsStream.Chaos.Pipeline.Rig;
using HsStream.Domain.Messages;
using HsStream.Scoring.Bundles;

namespace HsStream.Chaos.Pipeline;

/// <summary>Fault runs over the whole pipeline, and the checker alone.</summary>
internal static class PipelineVerb
{
    private static readonly string? External = Environment.GetEnvironmentVariable("HSSTREAM_TEST_KAFKA") is { Length: > 0 } given ? given : null;

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        try
        {
            var options = new Options(args, "--rounds", "--records", "--seed", "--faults", "--against", "--registry", "--postgres", "--kill-command", "--models", "--data-dir", "--durability", "--scorers", "--ledgers");
            if (options.Plain.Count > 0) { throw new FormatException($"pipeline takes no '{options.Plain[0]}'."); }
            var run = new FaultRunOptions
            {
                Rounds = options.Number("--rounds", 100),
                Records = options.Number("--records", 1_000_000),
                Seed = options.Number("--seed", 1),
                Faults = Fault.Parse(options.Text("--faults")),
                KillCommand = options.Text("--kill-command"),
            };
            var directory = options.Text("--data-dir") is { } given ? Directory.CreateDirectory(given) : Directory.CreateTempSubdirectory("hsstream-chaos-");
            var models = options.Text("--models");
            var folder = models ?? Path.Combine(directory.FullName, "models");
            var manifest = models is null ? SmallModel.AddTo(folder) : new BundleStore(folder).Open(new BundleStore(folder).List()[0]).Manifest;
            await using var rig = await PipelineRig.StartAsync(
                new RigOptions
                {
                    DataDirectory = directory.FullName,
                    ModelsDirectory = folder,
                    Against = options.Text("--against") ?? External,
                    RegistryUrl = options.Text("--registry"),
                    PostgresConnection = options.Text("--postgres"),
                    Durability = options.Text("--durability") ?? "fsync",
                    Scorers = options.Number("--scorers", 2),
                    Ledgers = options.Number("--ledgers", 2),
                },
                CancellationToken.None);
            using (var registry = new AvroRecords(rig.RegistryUrl))
            {
                await ModelAnnouncement.PublishAsync(rig.Bootstrap, registry, Topics.Models, manifest, "CHAMPION", CancellationToken.None);
            }

            rig.StartRoles();
            var report = await new FaultRun(rig, run, Console.Out).RunAsync(CancellationToken.None);
            Console.WriteLine(report.IsClean ? $"seed {run.Seed}: every promise held" : $"seed {run.Seed}: broken: {string.Join("; ", report.Broken)}");
            if (!report.IsClean)
            {
                Console.Error.WriteLine($"{rig.Logs()}\nThe data directory is kept: {directory.FullName}");
                return 1;
            }

            await rig.DisposeAsync();
            directory.Delete(recursive: true);
            return 0;
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }

    public static async Task<int> CheckAsync(IReadOnlyList<string> args)
    {
        try
        {
            var options = new Options(args, "--bootstrap-servers", "--registry", "--postgres", "--marked");
            string Needed(string name) => options.Text(name) ?? throw new FormatException($"check expects {name}.");
            var report = await new PipelineInspection(Needed("--bootstrap-servers"), new Uri(Needed("--registry")), options.Text("--postgres") ?? "")
                .RunAsync(options.Text("--marked") == "yes", CancellationToken.None);
            Console.WriteLine(report.ToString());
            return report.IsClean ? 0 : 1;
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }
}
