namespace HsStream.Training.Datasets.Import;

/// <summary>One description a line; there is one column and no header.</summary>
internal sealed class PlainRows(RowWindow window) : LineRows(window)
{
    private int _textLength;

    public override string Description => "one description a line";

    public override IReadOnlyList<string> Names => [];

    public override int Bind(ColumnRef column) => column is { Index: 0 } ? 0
        : throw new ImportException($"There is no column '{column}' in a file of lines; its only column is #1.");

    public override string NameOf(int column) => "#1";

    public override bool TryGet(int column, out ReadOnlySpan<byte> field)
    {
        field = Window.Bytes[.._textLength];
        return true;
    }

    protected override void Parse(ReadOnlySpan<byte> line) => _textLength = line.Length;
}
