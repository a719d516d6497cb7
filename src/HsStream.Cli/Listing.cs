using System.Text.Json.Nodes;
using Spectre.Console;

namespace HsStream.Cli;

/// <summary>Rows of one kind: a table on a terminal, tab-separated with a header line in a pipe, one JSON object a line with --json.</summary>
/// <param name="columns">Names in the JSON; camelCase.</param>
internal sealed class Listing(params string[] columns)
{
    private readonly List<JsonNode?[]> _rows = [];

    public int Count => _rows.Count;

    public void Add(params JsonNode?[] values)
    {
        if (values.Length != columns.Length) { throw new ArgumentException($"Expected {columns.Length} values, got {values.Length}."); }
        _rows.Add(values);
    }

    public async Task WriteAsync(TextWriter output, bool isJson)
    {
        if (isJson)
        {
            foreach (var row in _rows)
            {
                await output.WriteLineAsync(JsonLine.Write(new JsonObject(columns.Zip(row, (name, value) => KeyValuePair.Create(name, value)))));
            }
        }
        else if (output == Console.Out && !Console.IsOutputRedirected)
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns([.. columns.Select(Markup.Escape)]);
            foreach (var row in _rows) { table.AddRow([.. row.Select(v => Markup.Escape(Text(v)))]); }
            AnsiConsole.Write(table);
        }
        else
        {
            await output.WriteLineAsync(string.Join('\t', columns));
            foreach (var row in _rows) { await output.WriteLineAsync(string.Join('\t', row.Select(Text))); }
        }
    }

    private static string Text(JsonNode? value) => value switch
    {
        null => "-",
        JsonArray many => string.Join(',', many.Select(Text)),
        _ => value.ToString(),
    };
}
