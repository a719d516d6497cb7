using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace HsStream.Cli.Doctor;

/// <summary><c>hsstream doctor</c>: what this machine lacks, and how to mend it.</summary>
internal static class DoctorVerb
{
    public static Command Describe()
    {
        var directory = CommonOptions.DataDirectory();
        var json = CommonOptions.Json("Print one JSON array.");
        var verb = new Command("doctor", "Check this machine and say how to mend what is missing. Exit code 1 when HsStream cannot run.") { directory, json };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var results = await CheckAsync(Path.GetFullPath(parsed.GetValue(directory)!), TimeProvider.System, cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                await output.WriteLineAsync(ToJson(results));
            }
            else if (output == Console.Out && !Console.IsOutputRedirected)
            {
                AnsiConsole.Write(ToTable(results));
            }
            else
            {
                foreach (var result in results) { await output.WriteLineAsync(ToLine(result)); }
            }

            return results.Any(r => r.Status == CheckStatus.Broken) ? 1 : 0;
        });
        return verb;
    }

    private static async Task<IReadOnlyList<CheckResult>> CheckAsync(string directory, TimeProvider time, CancellationToken cancellationToken)
    {
        var sdk = SoftwareChecks.SdkAsync(cancellationToken);
        var postgres = SoftwareChecks.PostgresAsync(directory, cancellationToken);
        return
        [
            await sdk,
            await postgres,
            SoftwareChecks.CppLibrary(),
            PortChecks.Check("broker", "--kafka-port", Up.UpVerb.KafkaPort),
            PortChecks.Check("schema registry", "--registry-port", Up.UpVerb.RegistryPort),
            PortChecks.Check("database", "--postgres-port", Up.UpVerb.PostgresPort),
            .. await MachineChecks.DiskAsync(directory, cancellationToken),
            MachineChecks.Memory(),
            MachineChecks.OpenFiles(),
            MachineChecks.Clock(directory, time),
        ];
    }

    private static string ToJson(IEnumerable<CheckResult> results)
    {
        var array = new JsonArray();
        foreach (var result in results)
        {
            array.Add(new JsonObject
            {
                ["name"] = result.Name,
                ["status"] = Word(result.Status),
                ["found"] = result.Found,
                ["mend"] = result.Mend,
            });
        }

        return JsonLine.Write(array);
    }

    private static Table ToTable(IEnumerable<CheckResult> results)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "check", "found", "how to mend");
        foreach (var result in results)
        {
            var mark = result.Status switch
            {
                CheckStatus.Ok => "[green]ok[/]",
                CheckStatus.Warning => "[yellow]warning[/]",
                _ => "[red]broken[/]",
            };
            table.AddRow(mark, Markup.Escape(result.Name), Markup.Escape(result.Found), Markup.Escape(result.Mend));
        }

        return table;
    }

    private static string ToLine(CheckResult result) =>
        $"{Word(result.Status),-8} {result.Name,-15} {result.Found}{(result.Mend.Length == 0 ? "" : $" -> {result.Mend}")}";

    private static string Word(CheckStatus status) => status switch
    {
        CheckStatus.Ok => "ok",
        CheckStatus.Warning => "warning",
        _ => "broken",
    };
}
