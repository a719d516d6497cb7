namespace HsStream.Training.Datasets.Import;

/// <summary>Formats in which every line that is not empty is a row.</summary>
internal abstract class LineRows(RowWindow window) : RowSource(window)
{
    private int _length;

    public override bool Read()
    {
        Window.Consume(_length);
        _length = 0;
        while (true)
        {
            Fault = null;
            Line = Window.Line;
            if (Window.FindLineEnd() is not { } end)
            {
                FailLongRow();
                return true;
            }

            if (Window.Bytes.IsEmpty) { return false; }
            _length = Math.Min(end + 1, Window.Bytes.Length);
            if (!IsBlank(Window.Bytes[..end]))
            {
                if (IsCutOff(_length)) { FailCutOff(_length); } else { Parse(Window.Bytes[..end]); }
                return true;
            }

            BlankLines++;
            Window.Consume(_length);
            _length = 0;
        }
    }

    protected abstract void Parse(ReadOnlySpan<byte> line);
}
