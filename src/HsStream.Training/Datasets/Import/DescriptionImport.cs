using System.Globalization;
using System.Text;
using System.Text.Unicode;
using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Datasets.Import;

/// <summary>Reads descriptions, with or without codes, from one file in one pass and in bounded memory.</summary>
/// <remarks>No row ends an import: it is handed out, or it is in the report with its line and the reason. Not thread-safe.</remarks>
public sealed class DescriptionImport : IDisposable
{
    /// <summary>Of a description's id, as the schema of descriptions says.</summary>
    private const int MaxIdLength = 200;

    private readonly RowSource _rows;
    private readonly ImportOptions _options;
    private int _text;
    private int _time = -1;
    private int _sequence = -1;

    private DescriptionImport(RowSource rows, ImportOptions options, ImportReport report) => (_rows, _options, Report) = (rows, options, report);

    public ImportReport Report { get; }

    /// <exception cref="ImportException">There is no such file, or it cannot be read at all.</exception>
    public static DescriptionImport Open(string path, ImportOptions options, ImportReport report)
    {
        try
        {
            return Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1), path, options, report);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImportException($"Cannot read {path}: {e.Message}", e);
        }
    }

    /// <param name="stream">Taken over; need not be seekable.</param>
    /// <param name="name">Its ending tells the format when the options do not.</param>
    public static DescriptionImport Open(Stream stream, string name, ImportOptions options, ImportReport report)
    {
        try
        {
            return new DescriptionImport(RowSources.Open(stream, name, options), options, report);
        }
        catch (ImportException)
        {
            stream.Dispose();
            throw;
        }
    }

    /// <exception cref="ImportException">A mapped column is not there.</exception>
    public IEnumerable<LabelledDescription> ReadLabelled()
    {
        Bind();
        var code = _rows.Bind(_options.Code ?? UsualColumns.Code(_rows));
        Report.Source = $"{_rows.Description}; description from {_rows.NameOf(_text)}, code from {_rows.NameOf(code)}";
        return Labelled();

        IEnumerable<LabelledDescription> Labelled()
        {
            var codes = new CodeColumn(_options);
            while (_rows.Read())
            {
                if (ReadDescription() is not { } read || ReadCode(codes, code) is not { } label) { continue; }
                Report.Accept();
                yield return new LabelledDescription(read.Text, label, _rows.Line, read.Time, read.Sequence);
            }

            Finish();
        }
    }

    /// <inheritdoc cref="ReadLabelled"/>
    public IEnumerable<PlainDescription> ReadPlain()
    {
        Bind();
        Report.Source = $"{_rows.Description}; description from {_rows.NameOf(_text)}";
        return Plain();

        IEnumerable<PlainDescription> Plain()
        {
            while (_rows.Read())
            {
                if (ReadDescription() is not { } read) { continue; }
                Report.Accept();
                yield return new PlainDescription(read.Text, _rows.Line, read.Time, read.Sequence);
            }

            Finish();
        }
    }

    /// <summary>Descriptions with id, source, declared code and attributes, as far as the file has them; a column that is not named is looked for by its usual names.</summary>
    /// <inheritdoc cref="ReadLabelled"/>
    public IEnumerable<PublishableDescription> ReadPublishable()
    {
        Bind();
        if (_time < 0) { _time = BindIfAny(UsualColumns.Time(_rows)); }
        var id = BindIfAny(_options.Id ?? UsualColumns.Id(_rows));
        var source = BindIfAny(_options.Source ?? UsualColumns.Source(_rows));
        var code = BindIfAny(_options.Code ?? UsualColumns.DeclaredCode(_rows));
        var attributes = _options.Attributes.Select(column => (Name: column.ToString(), Column: _rows.Bind(column))).ToList();
        Report.Source = $"{_rows.Description}; description from {_rows.NameOf(_text)}{Named("id", id)}{Named("source", source)}{Named("declared code", code)}{Named("time", _time)}";
        return Publishable();

        IEnumerable<PublishableDescription> Publishable()
        {
            while (_rows.Read())
            {
                if (ReadDescription() is not { } read) { continue; }
                string? ownId = null;
                if (id >= 0)
                {
                    if ((ownId = ReadField(id)) is null) { continue; }
                    if (ownId.Length is 0 or > MaxIdLength)
                    {
                        Reject<Read>(id, RejectReason.BadId, $"an id of 1 to {MaxIdLength} characters");
                        continue;
                    }
                }

                var others = new Dictionary<string, string>();
                foreach (var (name, column) in attributes)
                {
                    if (ReadOptional(column) is { } value) { others[name] = value; }
                }

                Report.Accept();
                yield return new PublishableDescription(read.Text, _rows.Line, ownId, ReadOptional(source), ReadOptional(code), read.Time, others);
            }

            Finish();
        }

        int BindIfAny(ColumnRef? column) => column is null ? -1 : _rows.Bind(column);

        string Named(string what, int column) => column < 0 ? "" : $", {what} from {_rows.NameOf(column)}";
    }

    public void Dispose() => _rows.Dispose();

    private void Bind()
    {
        _text = _rows.Bind(_options.Text ?? UsualColumns.Text(_rows));
        if (_options.Time is { } time) { _time = _rows.Bind(time); }
        if (_options.Sequence is { } sequence) { _sequence = _rows.Bind(sequence); }
    }

    private void Finish()
    {
        Report.BlankLines = _rows.BlankLines;
        Report.Damage = _rows.Damage;
    }

    private Read? ReadDescription()
    {
        if (_rows.Fault is { } fault)
        {
            Report.Reject(fault);
            return null;
        }

        if (ReadField(_text) is not { } text) { return null; }
        if (!HasWord(text)) { return Reject<Read>(_text, RejectReason.EmptyText, "a description with a letter or a digit"); }

        DateTimeOffset? time = null;
        if (_time >= 0)
        {
            if (ReadField(_time) is not { } spelled) { return null; }
            if (!TimeText.TryParse(spelled, out var at)) { return Reject<Read>(_time, RejectReason.BadTime, TimeText.Expected); }
            time = at;
        }

        long? sequence = null;
        if (_sequence >= 0)
        {
            if (ReadField(_sequence) is not { } spelled) { return null; }
            if (!long.TryParse(spelled, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) { return Reject<Read>(_sequence, RejectReason.BadSequence, "a whole number"); }
            sequence = number;
        }

        return new Read(text, time, sequence);
    }

    private HsCode? ReadCode(CodeColumn codes, int column)
    {
        if (!_rows.TryGet(column, out var field)) { return Reject<HsCode>(column, RejectReason.MissingColumn, "a code"); }
        if (field.IndexOfAnyExcept(" \t\r\n"u8) < 0) { return Reject<HsCode>(column, RejectReason.EmptyCode, "a code"); }
        var outcome = codes.Read(field);
        if (outcome.Reason is { } reason)
        {
            if (outcome.IsOfOtherEdition) { Report.CodesOfOtherEdition++; }
            if (outcome.LacksZero) { Report.CodesLackingZero++; }
            return Reject<HsCode>(column, reason, outcome.Expected);
        }

        if (outcome.IsMended) { Report.MendedCodes++; }
        if (outcome.IsConverted) { Report.ConvertedCodes++; }
        if (outcome.IsChosen) { Report.ChosenCodes++; }
        return outcome.Code;
    }

    /// <summary>The column's text without space around it; null when the row was rejected.</summary>
    private string? ReadField(int column)
    {
        if (!_rows.TryGet(column, out var field)) { return Refuse(column, RejectReason.MissingColumn, "a value"); }
        if (field.Length > _options.MaxTextBytes) { return Refuse(column, RejectReason.LongText, $"at most {_options.MaxTextBytes} bytes, got {field.Length}"); }
        if (!Utf8.IsValid(field)) { return Refuse(column, RejectReason.InvalidUtf8, "UTF-8 text"); }
        if (field.Contains((byte)0)) { return Refuse(column, RejectReason.NulByte, "text without NUL bytes (UTF-16 needs a byte order mark)"); }
        return Encoding.UTF8.GetString(field).Trim();
    }

    /// <summary>A field that a description can do without: what is empty, too long or no text is left out.</summary>
    private string? ReadOptional(int column)
    {
        if (column < 0 || !_rows.TryGet(column, out var field) || field.Length > _options.MaxTextBytes || !Utf8.IsValid(field) || field.Contains((byte)0)) { return null; }
        return Encoding.UTF8.GetString(field).Trim() is { Length: > 0 } text ? text : null;
    }

    private string? Refuse(int column, RejectReason reason, string expected)
    {
        Reject<HsCode>(column, reason, expected);
        return null;
    }

    private T? Reject<T>(int column, RejectReason reason, string expected)
        where T : struct
    {
        _rows.TryGet(column, out var arrived);
        Report.Reject(new RejectedRow(_rows.Line, _rows.NameOf(column), reason, expected, Shown.Of(arrived)));
        return null;
    }

    private readonly record struct Read(string Text, DateTimeOffset? Time, long? Sequence);

    private static bool HasWord(string text) => text.Any(c => char.IsLetterOrDigit(c) || char.IsSurrogate(c));
}
