using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace HsStream.Training.Datasets.Import;

/// <summary>One JSON object or array a line. A column is a property, one inside another ("goods.text"), or a position in an array.</summary>
internal sealed class JsonRows(RowWindow window) : LineRows(window)
{
    private readonly List<Slot> _slots = [];
    private readonly ArrayBufferWriter<byte> _values = new();
    private IReadOnlyList<string>? _names;

    public override string Description => "JSON lines";

    /// <summary>Properties of the first row.</summary>
    public override IReadOnlyList<string> Names => _names ??= ReadNames();

    public override int Bind(ColumnRef column)
    {
        _slots.Add(new Slot(column.ToString(), column.Name.Split('.'), column.Index));
        return _slots.Count - 1;
    }

    public override string NameOf(int column) => _slots[column].Name;

    public override bool TryGet(int column, out ReadOnlySpan<byte> field)
    {
        var slot = _slots[column];
        field = slot.IsPresent ? _values.WrittenSpan.Slice(slot.Start, slot.Length) : default;
        return slot.IsPresent;
    }

    protected override void Parse(ReadOnlySpan<byte> line)
    {
        _values.ResetWrittenCount();
        foreach (var slot in _slots) { slot.IsPresent = false; }
        if (!Utf8.IsValid(line))
        {
            Fail(RejectReason.InvalidUtf8, "", "UTF-8 text", line);
            return;
        }

        try
        {
            var reader = new Utf8JsonReader(line);
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject: ReadObject(ref reader, _slots, 0); break;
                case JsonTokenType.StartArray: ReadArray(ref reader); break;
                default: Fail(RejectReason.BadJson, "", "a JSON object or array", line); return;
            }

            if (reader.Read()) { Fail(RejectReason.BadJson, "", "one JSON value a line", line); }
        }
        catch (JsonException e)
        {
            Fail(RejectReason.BadJson, "", $"JSON (at byte {e.BytePositionInLine + 1})", line);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair as an escape: well-formed JSON, no text.
            Fail(RejectReason.InvalidUtf8, "", "text without half of a surrogate pair", line);
        }
    }

    private void ReadObject(ref Utf8JsonReader reader, List<Slot> wanted, int depth)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            List<Slot>? deeper = null;
            Slot? here = null;
            foreach (var slot in wanted)
            {
                if (depth == 0 && slot.Name == name) { here = slot; }
                else if (slot.Path.Length > depth && slot.Path[depth] == name)
                {
                    if (slot.Path.Length == depth + 1) { here = slot; } else { (deeper ??= []).Add(slot); }
                }
            }

            reader.Read();
            if (here is not null) { ReadValue(ref reader, wanted, name, depth); }
            else if (deeper is not null && reader.TokenType == JsonTokenType.StartObject) { ReadObject(ref reader, deeper, depth + 1); }
            else { reader.Skip(); }
        }
    }

    private void ReadArray(ref Utf8JsonReader reader)
    {
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            var position = index;
            Store(ref reader, _slots.Where(s => s.Index == position));
        }
    }

    private void ReadValue(ref Utf8JsonReader reader, List<Slot> wanted, string name, int depth) =>
        Store(ref reader, wanted.Where(s => (depth == 0 && s.Name == name) || (s.Path.Length == depth + 1 && s.Path[depth] == name)));

    /// <summary>Two columns may be mapped to one property.</summary>
    private void Store(ref Utf8JsonReader reader, IEnumerable<Slot> slots)
    {
        var start = _values.WrittenCount;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                _values.Advance(reader.CopyString(_values.GetSpan(reader.ValueSpan.Length)));
                break;
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                _values.Write(reader.ValueSpan);
                break;
            default:
                reader.Skip();       // null, or no single value: as if the property were not there
                return;
        }

        foreach (var slot in slots) { (slot.IsPresent, slot.Start, slot.Length) = (true, start, _values.WrittenCount - start); }
    }

    private List<string> ReadNames()
    {
        var names = new List<string>();
        if (Window.FindLineEnd() is not { } end) { return names; }
        try
        {
            var reader = new Utf8JsonReader(Window.Bytes[..end]);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) { return names; }
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                names.Add(reader.GetString()!);
                reader.Read();
                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A broken first row is reported when it is read; it just names no columns.
        }

        return names;
    }

    private sealed class Slot(string name, string[] path, int index)
    {
        public string Name { get; } = name;

        public string[] Path { get; } = path;

        public int Index { get; } = index;

        public bool IsPresent { get; set; }

        public int Start { get; set; }

        public int Length { get; set; }
    }
}
