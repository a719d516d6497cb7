using System.Diagnostics;
using System.Text.Json;
using HsStream.Chaos.Pipeline.Rig;

namespace HsStream.Chaos.Pipeline.Checking;

/// <summary>Asks the command that an auditor would run.</summary>
internal static class ChainVerifier
{
    /// <returns>What it complains about, and how many events it went through.</returns>
    public static async Task<(IReadOnlyList<string> Complaints, long Events)> RunAsync(string postgres, CancellationToken cancellationToken)
    {
        var command = HsStreamProgram.Command("verify", "--postgres", postgres, "--json");
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0) { return ([$"verify ended with {process.ExitCode}: {output.Trim()} {(await errors).Trim()}"], 0); }
        using var json = JsonDocument.Parse(output);
        return ([], json.RootElement.GetProperty("events").GetInt64());
    }
}
