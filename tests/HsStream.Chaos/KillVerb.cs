using HsStream.Chaos.Load;
using HsStream.Chaos.Processes;

namespace HsStream.Chaos;

/// <summary>Kills a broker under load, round after round.</summary>
internal static class KillVerb
{
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        try
        {
            var options = new Options(args, "--rounds", "--seed", "--durability");
            if (options.Plain.Count > 0) { throw new FormatException($"kill takes no '{options.Plain[0]}'."); }
            var directory = Directory.CreateTempSubdirectory("hsstream-chaos-");
            var run = new KillRun(
                directory.FullName, new BrokerProcessOptions { Durability = options.Text("--durability") ?? "fsync" }, options.Number("--rounds", 100), options.Number("--seed", 1), Console.Out);
            var verdict = await run.RunAsync(CancellationToken.None);
            if (!verdict.IsClean)
            {
                Console.Error.WriteLine($"The data directory is kept: {directory.FullName}");
                return 1;
            }

            directory.Delete(recursive: true);
            return 0;
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }
}
