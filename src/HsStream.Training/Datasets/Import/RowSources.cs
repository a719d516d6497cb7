using System.Globalization;

namespace HsStream.Training.Datasets.Import;

/// <summary>Finds out what kind of file it is.</summary>
internal static class RowSources
{
    private const string Delimiters = ",;\t|";

    /// <summary>So many rows tell which delimiter divides a file.</summary>
    private const int SampleRows = 50;

    private const int SampleBytes = 64 * 1024;

    public static RowSource Open(Stream stream, string name, ImportOptions options)
    {
        if (options.Delimiter is { } chosen && (chosen is '"' or '\r' or '\n' || !char.IsAscii(chosen)))
        {
            throw new ImportException($"Expected a delimiter of one ASCII character other than a quote, got '{chosen}'.");
        }

        var window = new RowWindow(SourceStream.Open(stream), options.MaxRowBytes);
        window.LookAhead();
        var format = options.Format == ImportFormat.Detect ? Detect(name, window.Bytes) : options.Format;
        switch (format)
        {
            case ImportFormat.JsonLines: return new JsonRows(window);
            case ImportFormat.Lines: return new PlainRows(window);
        }

        var declared = ReadDeclaration(window);
        var delimiter = options.Delimiter ?? declared ?? (format == ImportFormat.Tsv ? '\t' : GuessDelimiter(window));
        var rows = new DelimitedRows(window, delimiter, forgivesQuotes: format == ImportFormat.Tsv);
        if (options.HasHeader) { rows.ReadHeader(); }
        return rows;
    }

    /// <summary>The delimiter under which most of the first rows have as many columns as the very first; then the one that makes the most columns.</summary>
    internal static char GuessDelimiter(RowWindow window)
    {
        var sample = window.Bytes[..Math.Min(window.Bytes.Length, SampleBytes)].ToArray();
        return Delimiters.Select(d => (Delimiter: d, Fit: Fit(sample, d)))
            .Where(c => c.Fit.Columns > 1)
            .OrderByDescending(c => c.Fit.Share).ThenByDescending(c => c.Fit.Columns)
            .Select(c => c.Delimiter).FirstOrDefault(',');
    }

    private static (double Share, int Columns) Fit(byte[] sample, char delimiter)
    {
        using var window = new RowWindow(new MemoryStream(sample), sample.Length + 1);
        window.LookAhead();
        using var rows = new DelimitedRows(window, delimiter, forgivesQuotes: false);
        int all = 0, alike = 0;
        while (all < SampleRows && rows.Read())
        {
            all++;
            if (rows.Fault is null && rows.FieldCount == rows.ColumnCount) { alike++; }
        }

        return all == 0 ? (0, 0) : ((double)alike / all, rows.ColumnCount);
    }

    private static ImportFormat Detect(string name, ReadOnlySpan<byte> start)
    {
        var plain = Path.GetExtension(name).Equals(".gz", StringComparison.OrdinalIgnoreCase) ? Path.GetFileNameWithoutExtension(name) : name;
        switch (Path.GetExtension(plain).ToLower(CultureInfo.InvariantCulture))
        {
            case ".csv": return ImportFormat.Csv;
            case ".tsv" or ".tab": return ImportFormat.Tsv;
            case ".jsonl" or ".ndjson": return ImportFormat.JsonLines;
            case ".txt": return ImportFormat.Lines;
        }

        var first = start.TrimStart(" \t\r\n"u8);
        return !first.IsEmpty && first[0] == '{' ? ImportFormat.JsonLines : ImportFormat.Csv;
    }

    /// <summary>A first line "sep=;" is a spreadsheet's way to name the delimiter.</summary>
    private static char? ReadDeclaration(RowWindow window)
    {
        if (window.FindLineEnd() is not { } end || window.Bytes[..end].TrimEnd("\r\n"u8) is not [(byte)'s' or (byte)'S', (byte)'e' or (byte)'E', (byte)'p' or (byte)'P', (byte)'=', var delimiter]) { return null; }
        window.SkipLine();
        return (char)delimiter;
    }
}
