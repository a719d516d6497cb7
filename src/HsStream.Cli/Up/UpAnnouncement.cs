using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace HsStream.Cli.Up;

/// <summary>Says where everything is reached, once it is.</summary>
internal static class UpAnnouncement
{
    public static async Task WriteAsync(WholeSystem system, bool isJson, TimeSpan elapsed, InvocationConfiguration console)
    {
        var endpoints = system.Endpoints;
        if (isJson)
        {
            await console.Output.WriteLineAsync(JsonLine.Write(new JsonObject
            {
                ["kafka"] = endpoints.Kafka,
                ["registry"] = endpoints.Registry,
                ["postgres"] = endpoints.Postgres,
                ["http"] = endpoints.Http,
                ["dataDirectory"] = system.Platform.DataDirectory,
                ["processId"] = Environment.ProcessId,
            }));
            await console.Output.FlushAsync();
            return;
        }

        List<(string Name, string? Address)> rows =
        [
            ("kafka", endpoints.Kafka), ("registry", endpoints.Registry), ("postgres", endpoints.Postgres), ("http", endpoints.Http),
            ("data", system.Platform.DataDirectory),
        ];
        rows.RemoveAll(row => row.Address is null);
        if (console.Output == Console.Out && !Console.IsOutputRedirected)
        {
            var grid = new Grid().AddColumns(2);
            foreach (var (name, address) in rows) { grid.AddRow($"[bold]{name}[/]", Markup.Escape(address!)); }
            AnsiConsole.Write(grid);
        }
        else
        {
            foreach (var (name, address) in rows) { await console.Output.WriteLineAsync($"{name,-9} {address}"); }
            await console.Output.FlushAsync();
        }

        await console.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"hsstream: ready after {elapsed.TotalSeconds:0.0} s; Ctrl-C stops it"));
    }
}
