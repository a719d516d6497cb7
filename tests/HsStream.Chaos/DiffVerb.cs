using HsStream.Chaos.Diff;
using HsStream.Chaos.Wire;

namespace HsStream.Chaos;

/// <summary>Compares two brokers request by request.</summary>
internal static class DiffVerb
{
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        try
        {
            if (args is ["--known"])
            {
                foreach (var deviation in KnownDeviations.Hidden) { Console.WriteLine(deviation); }
                return 0;
            }

            var options = new Options(args, "--seed", "--scripts", "--record", "--replay");
            foreach (var address in options.Plain) { HostPort.Parse(address); }
            var runner = new DiffRunner(options.Number("--seed", 1), options.Number("--scripts", 30), Console.Out);
            IReadOnlyList<Difference> differences;
            switch (options.Plain, options.Text("--record"), options.Text("--replay"))
            {
                case ([var a], { } file, null):
                    await runner.RecordAsync(a, file, CancellationToken.None);
                    return 0;
                case ([var b], null, { } file):
                    differences = await runner.ReplayAsync(b, file, CancellationToken.None);
                    break;
                case ([var a, var b], null, null):
                    differences = await runner.CompareAsync(a, b, CancellationToken.None);
                    break;
                default:
                    Console.Error.WriteLine("diff expects two addresses, or one with --record FILE or --replay FILE.");
                    return 2;
            }

            runner.Report(differences);
            return differences.Any(difference => difference.Known is null) ? 1 : 0;
        }
        catch (Exception e) when (e is FormatException or System.Net.Sockets.SocketException or FileNotFoundException)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }
}
