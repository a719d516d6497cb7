namespace HsStream.Training.Datasets.Import;

/// <summary>Rows of RFC 4180 text with any one-byte delimiter.</summary>
/// <remarks>
/// A row whose quotes do not fit costs its first line only: reading goes on at the next one, so that a stray quote cannot swallow
/// the rest of the file. A quote inside an unquoted field (10" PIPE) is an ordinary character.
/// </remarks>
internal sealed class DelimitedRows : RowSource
{
    private const byte Quote = (byte)'"';

    private readonly byte _delimiter;
    private readonly bool _forgivesQuotes;
    private readonly List<Field> _fields = [];
    private byte[] _unescaped = [];
    private int _length;
    private int _nextRow;
    private string[] _names = [];

    /// <param name="forgivesQuotes">A row whose quotes do not fit is read as if quotes meant nothing.</param>
    public DelimitedRows(RowWindow window, char delimiter, bool forgivesQuotes) : base(window)
    {
        _delimiter = (byte)delimiter;
        _forgivesQuotes = forgivesQuotes;
    }

    private enum Scan { Row, End, Unclosed, BadQuote, TooLong }

    public override string Description => _delimiter switch
    {
        (byte)'\t' => "tab-separated",
        _ => $"separated by '{(char)_delimiter}'",
    };

    public override IReadOnlyList<string> Names => _names;

    /// <summary>Of the header, else of the first good row.</summary>
    public int ColumnCount { get; private set; }

    public int FieldCount => _fields.Count;

    /// <exception cref="ImportException">There is no readable first row.</exception>
    public void ReadHeader()
    {
        if (!Read()) { throw new ImportException("Expected a header row, got an empty file."); }
        if (Fault is { } fault) { throw new ImportException($"The header row cannot be read: expected {fault.Expected}, got '{fault.Arrived}'."); }
        _names = [.. Enumerable.Range(0, _fields.Count).Select(i => TryGet(i, out var name) ? Shown.Of(name).Trim() : "")];
        ColumnCount = _names.Length;
    }

    public override int Bind(ColumnRef column)
    {
        var found = Find(column.Name, StringComparison.Ordinal) ?? Find(column.Name, StringComparison.OrdinalIgnoreCase)
            ?? (column.Index >= 0 && (_names.Length == 0 || column.Index < _names.Length) ? column.Index : null);
        return found ?? throw new ImportException(
            _names.Length == 0 ? $"There is no column '{column}' without a header; expected a position such as #1."
            : $"There is no column '{column}'; expected one of: {string.Join(", ", _names)}{(column.Index >= 0 ? "" : ". A file without a header needs --no-header and positions such as #1")}.");
    }

    public override string NameOf(int column) => column < _names.Length && _names[column].Length > 0 ? _names[column] : $"#{column + 1}";

    public override bool Read()
    {
        Window.Consume(_nextRow);
        _nextRow = 0;
        while (true)
        {
            Fault = null;
            Line = Window.Line;
            var scan = ScanRow(readsQuotes: true);
            if (scan is Scan.Unclosed or Scan.BadQuote or Scan.TooLong && _forgivesQuotes) { scan = ScanRow(readsQuotes: false); }
            switch (scan)
            {
                case Scan.End:
                    return false;
                case Scan.Row when IsBlank(Window.Bytes[.._length]):
                    BlankLines++;
                    Window.Consume(_length);
                    continue;
                case Scan.Row:
                    _nextRow = _length;
                    if (IsCutOff(_length)) { FailCutOff(_length); } else { CheckColumns(); }
                    return true;
                default:
                    FailQuotes(scan);
                    return true;
            }
        }
    }

    public override bool TryGet(int column, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (column >= _fields.Count) { return false; }
        var (start, length, hasEscapes) = _fields[column];
        field = Window.Bytes.Slice(start, length);
        if (hasEscapes) { field = Unescape(field); }
        return true;
    }

    private int? Find(string name, StringComparison comparison)
    {
        if (name.Length == 0) { return null; }
        var found = Array.FindIndex(_names, n => string.Equals(n, name, comparison));
        if (found < 0) { return null; }
        return Array.FindLastIndex(_names, n => string.Equals(n, name, comparison)) == found ? found
            : throw new ImportException($"The column '{name}' stands more than once in the header; expected a position such as #{found + 1}.");
    }

    private void CheckColumns()
    {
        if (ColumnCount == 0) { ColumnCount = _fields.Count; }
        for (var i = ColumnCount; i < _fields.Count; i++)
        {
            if (_fields[i].Length == 0) { continue; }
            Fail(RejectReason.ExtraColumns, "", $"{ColumnCount} columns, got {_fields.Count}; a delimiter inside a field needs quotes around it", Window.Bytes[..TrimEnd(_length)]);
            return;
        }
    }

    private void FailQuotes(Scan scan)
    {
        if (Window.FindLineEnd() is not { } end)
        {
            FailLongRow();
            return;
        }

        _nextRow = Math.Min(end + 1, Window.Bytes.Length);
        if (IsCutOff(_nextRow)) { FailCutOff(_nextRow); return; }
        var expected = scan == Scan.BadQuote
            ? "a delimiter or the end of the row behind a closing quote (a quote inside a quoted field is doubled)"
            : $"a closing quote within {Window.Bytes.Length} bytes";
        Fail(RejectReason.BadQuotes, NameOf(_fields.Count), expected, Window.Bytes[..TrimEnd(_nextRow)]);
    }

    /// <summary>Finds the fields of the row at the window's start, and <see cref="_length"/> with its line break.</summary>
    private Scan ScanRow(bool readsQuotes)
    {
        _fields.Clear();
        if (Window.Bytes.IsEmpty && !Window.Fill()) { return Scan.End; }
        var at = 0;
        while (true)
        {
            if (readsQuotes && Has(at) && Window.Bytes[at] == Quote)
            {
                if (ScanQuoted(at) is var scan and not Scan.Row) { return scan; }
                at = _length;
            }
            else
            {
                var from = at;
                if (FindEnd(at) is not { } end) { return Scan.TooLong; }
                at = end;
                var length = at - from;
                if (IsAtBreak(at) && length > 0 && Window.Bytes[at - 1] == '\r') { length--; }
                _fields.Add(new Field(from, length, false));
            }

            if (!Has(at))
            {
                _length = at;
                return Window.IsFull ? Scan.TooLong : Scan.Row;
            }

            if (Window.Bytes[at] != _delimiter)
            {
                _length = at + 1;
                return Scan.Row;
            }

            at++;
        }
    }

    /// <summary>Leaves in <see cref="_length"/> the position of the delimiter or line break behind the field.</summary>
    private Scan ScanQuoted(int start)
    {
        var hasEscapes = false;
        var from = start + 1;
        while (true)
        {
            var found = Window.Bytes[from..].IndexOf(Quote);
            if (found < 0)
            {
                from = Window.Bytes.Length;
                if (!Window.Fill()) { return Scan.Unclosed; }
                continue;
            }

            var close = from + found;
            if (Has(close + 1) && Window.Bytes[close + 1] == Quote)
            {
                hasEscapes = true;
                from = close + 2;
                continue;
            }

            var at = close + 1;
            while (Has(at) && Window.Bytes[at] is (byte)' ' or (byte)'\r' && Window.Bytes[at] != Window.LineBreak) { at++; }
            if (Has(at) && Window.Bytes[at] != _delimiter && !IsAtBreak(at)) { return Scan.BadQuote; }
            _fields.Add(new Field(start + 1, close - start - 1, hasEscapes));
            _length = at;
            return Scan.Row;
        }
    }

    private int? FindEnd(int at)
    {
        while (true)
        {
            var found = Window.Bytes[at..].IndexOfAny(_delimiter, Window.LineBreak);
            if (found >= 0) { return at + found; }
            at = Window.Bytes.Length;
            if (!Window.Fill()) { return Window.IsFull ? null : at; }
        }
    }

    private bool Has(int at) => at < Window.Bytes.Length || Window.Fill();

    private bool IsAtBreak(int at) => at < Window.Bytes.Length && Window.Bytes[at] == Window.LineBreak;

    private int TrimEnd(int length) => Window.Bytes[..length].TrimEnd("\r\n"u8).Length;

    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> field)
    {
        if (_unescaped.Length < field.Length) { _unescaped = new byte[field.Length]; }
        var written = 0;
        for (var i = 0; i < field.Length; i++)
        {
            _unescaped[written++] = field[i];
            if (field[i] == Quote) { i++; }
        }

        return _unescaped.AsSpan(0, written);
    }

    /// <summary>Relative to the window's start.</summary>
    private readonly record struct Field(int Start, int Length, bool HasEscapes);
}
