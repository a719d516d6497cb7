using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using HsStream.Training.Datasets.Import;

namespace HsStream.Training.Datasets.OfficialTexts;

/// <summary>Reads a published list from CSV (any delimiter) or JSON (an array, or an object that holds one), each also compressed.</summary>
internal static class ListReader
{
    /// <summary>The largest list known, all of TARIC with its history, is a tenth of this.</summary>
    private const int MaxFileBytes = 512 * 1024 * 1024;

    /// <exception cref="ImportException">It names the line that cannot be read.</exception>
    public static List<ListRecord> Read(Stream stream, string name)
    {
        using var source = new PeekStream(SourceStream.Open(stream));
        var start = source.Peek(8).TrimStart(" \t\r\n"u8);
        return !start.IsEmpty && start[0] is (byte)'{' or (byte)'[' ? ReadJson(source) : ReadDelimited(source, name);
    }

    private static List<ListRecord> ReadDelimited(Stream source, string name)
    {
        using var rows = RowSources.Open(source, name, new ImportOptions { Format = ImportFormat.Csv });
        var columns = ListColumns.Find(rows.Names);
        var records = new List<ListRecord>();
        while (rows.Read())
        {
            if (rows.Fault is { } fault) { throw new ImportException($"Line {fault.Line}: expected {fault.Expected}, got '{fault.Arrived}'."); }
            records.Add(Record(rows.Line, Field(columns.Code), Field(columns.Suffix), Field(columns.Indent), Field(columns.Text)));
        }

        return rows.Damage is null ? records : throw new ImportException($"The file breaks off after line {rows.Line}: {rows.Damage}.");

        string Field(int column)
        {
            if (column < 0 || !rows.TryGet(column, out var bytes)) { return ""; }
            return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes)
                : throw new ImportException($"Line {rows.Line}, column {rows.NameOf(column)}: expected UTF-8 text, got '{Shown.Of(bytes)}'.");
        }
    }

    private static List<ListRecord> ReadJson(Stream source)
    {
        var bytes = ReadAll(source);
        try
        {
            var reader = new Utf8JsonReader(bytes);
            FindArray(ref reader);
            var records = new List<ListRecord>();
            ListColumns? columns = null;
            var names = new List<string>();
            var values = new List<string>();
            long line = 1;
            long counted = 0;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                line += bytes.AsSpan((int)counted, (int)(reader.TokenStartIndex - counted)).Count((byte)'\n');
                counted = reader.TokenStartIndex;
                if (reader.TokenType != JsonTokenType.StartObject) { throw new ImportException($"Line {line}: expected an object for each row, got {reader.TokenType}."); }
                ReadObject(ref reader, names, values);
                columns = ListColumns.Find(names);
                records.Add(Record(line, values[columns.Code], Value(columns.Suffix), Value(columns.Indent), values[columns.Text]));
            }

            return records;

            string Value(int column) => column < 0 ? "" : values[column];
        }
        catch (JsonException e)
        {
            throw new ImportException($"Line {e.LineNumber + 1}: expected JSON ({e.Message.Split(" LineNumber", 2)[0].TrimEnd('.')}).", e);
        }
        catch (InvalidOperationException e)
        {
            throw new ImportException($"The JSON holds text that is not UTF-8: {e.Message}", e);
        }
    }

    /// <summary>The first array: the whole value, or a property of the outermost object ("results").</summary>
    private static void FindArray(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartArray) { return; }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray) { return; }
            reader.Skip();
        }

        throw new ImportException("Expected a JSON array of rows, or an object with one, such as \"results\".");
    }

    private static void ReadObject(ref Utf8JsonReader reader, List<string> names, List<string> values)
    {
        names.Clear();
        values.Clear();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            names.Add(reader.GetString()!);
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.String: values.Add(reader.GetString()!); break;
                case JsonTokenType.Number: values.Add(Encoding.ASCII.GetString(reader.ValueSpan)); break;
                default:
                    values.Add("");
                    reader.Skip();
                    break;
            }
        }
    }

    private static byte[] ReadAll(Stream source)
    {
        using var all = new MemoryStream();
        var buffer = new byte[81920];
        try
        {
            for (int read; (read = source.Read(buffer)) > 0;)
            {
                all.Write(buffer, 0, read);
                if (all.Length > MaxFileBytes) { throw new ImportException($"Expected a list of at most {MaxFileBytes} bytes."); }
            }
        }
        catch (InvalidDataException e)
        {
            throw new ImportException($"The file breaks off: {e.Message}.", e);
        }

        return all.ToArray();
    }

    private static ListRecord Record(long line, string code, string suffix, string indent, string text)
    {
        code = code.Trim();
        suffix = suffix.Trim();
        // TARIC writes code and suffix together: "0101210000 80".
        if (suffix.Length == 0 && code.Length == 13 && code[10] == ' ' && code.Replace(" ", "", StringComparison.Ordinal).All(char.IsAsciiDigit)) { (code, suffix) = (code[..10], code[11..]); }
        var clean = Clean(text);
        // The United Nations' JSON: "0101 - Horses; live".
        if (code.Length > 0 && clean.StartsWith(code + " - ", StringComparison.Ordinal)) { clean = clean[(code.Length + 3)..]; }
        return new ListRecord(line, code, suffix, Depth(indent.Trim()), clean);
    }

    /// <summary>A number, or as many dashes ("- -") as the depth.</summary>
    private static int? Depth(string indent) =>
        indent.Length == 0 ? null
        : int.TryParse(indent, NumberStyles.None, CultureInfo.InvariantCulture, out var depth) ? depth
        : indent.All(c => c is '-' or ' ' or '–') ? indent.Count(c => c != ' ')
        : null;

    /// <summary>One line of plain text: no mark-up (the US list has some), no space runs, no colon at the end.</summary>
    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        var isTag = false;
        var owesSpace = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '<' && i + 1 < text.Length && (char.IsAsciiLetter(text[i + 1]) || text[i + 1] == '/')) { isTag = true; }
            else if (isTag) { isTag = c != '>'; }
            else if (char.IsWhiteSpace(c) || char.IsControl(c)) { owesSpace = clean.Length > 0; }
            else
            {
                if (owesSpace) { clean.Append(' '); }
                owesSpace = false;
                clean.Append(c);
            }
        }

        return clean.ToString().TrimEnd(':', ' ');
    }
}
