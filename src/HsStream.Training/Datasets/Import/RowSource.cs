namespace HsStream.Training.Datasets.Import;

/// <summary>Rows of one file format, one after another, each either whole or faulty.</summary>
internal abstract class RowSource(RowWindow window) : IDisposable
{
    protected RowWindow Window { get; } = window;

    /// <summary>Line on which the row starts, from 1.</summary>
    public long Line { get; protected set; }

    /// <summary>Why the row cannot be used; null when it can.</summary>
    public RejectedRow? Fault { get; protected set; }

    public long BlankLines { get; protected set; }

    public string? Damage => Window.Damage;

    /// <summary>For people: what kind of file this is.</summary>
    public abstract string Description { get; }

    /// <summary>Names that columns may be asked for; empty when there are none.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <returns>A number to ask for the column's fields with.</returns>
    /// <exception cref="ImportException">There is no such column.</exception>
    public abstract int Bind(ColumnRef column);

    public abstract string NameOf(int column);

    /// <summary>Goes to the next row.</summary>
    public abstract bool Read();

    /// <summary>The field's bytes, valid until the next call; false when the row has no such field.</summary>
    public abstract bool TryGet(int column, out ReadOnlySpan<byte> field);

    public void Dispose() => Window.Dispose();

    protected static bool IsBlank(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept(" \t\r\n"u8) < 0;

    /// <summary>True when the row goes up to the point where the file broke off.</summary>
    protected bool IsCutOff(int length) => Window.Damage is not null && length == Window.Bytes.Length && length > 0 && Window.Bytes[length - 1] != Window.LineBreak;

    protected void Fail(RejectReason reason, string column, string expected, ReadOnlySpan<byte> arrived) =>
        Fault = new RejectedRow(Line, column, reason, expected, Shown.Of(arrived));

    protected void FailCutOff(int length) =>
        Fail(RejectReason.DamagedFile, "", $"the rest of the row; the file is damaged here: {Window.Damage}", Window.Bytes[..length]);

    /// <summary>Describes and skips a line that is longer than the window.</summary>
    protected void FailLongRow()
    {
        Fail(RejectReason.LongRow, "", $"a row of at most {Window.Bytes.Length} bytes", Window.Bytes);
        Window.SkipLine();
    }
}
