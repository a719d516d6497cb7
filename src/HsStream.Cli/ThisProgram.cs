using System.Diagnostics;

namespace HsStream.Cli;

/// <summary>This command line once more, in a process of its own.</summary>
internal static class ThisProgram
{
    /// <summary>Starts it with its standard input open, its lines on standard error copied, and its standard output to be read by the caller.</summary>
    /// <param name="prefix">Before each copied line.</param>
    public static Process Start(IReadOnlyList<string> arguments, TextWriter errors, string prefix)
    {
        // In a test host this assembly is not the one that was started, so the assembly is named, never the process.
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "hsstream.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet") { start.FileName = host; }
        var process = Process.Start(start) ?? throw new OperatorException("cannot start a process of this program");
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null) { lock (errors) { errors.WriteLine(prefix + line.Data); } }
        };
        process.BeginErrorReadLine();
        return process;
    }
}
