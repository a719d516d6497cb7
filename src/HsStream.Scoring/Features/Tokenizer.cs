namespace HsStream.Scoring.Features;

/// <summary>Second step of the encoder: folded text to words, with units split off numbers and unspaced scripts cut into pairs.</summary>
internal sealed class Tokenizer(EncoderDefinition definition)
{
    private const int LongestUnit = 16;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _units =
        new HashSet<string>(definition.Units, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Writes <see cref="EncoderWorkspace.Words"/> and <see cref="EncoderWorkspace.Tokens"/> from the first units of <see cref="EncoderWorkspace.Folded"/>.</summary>
    public int Split(int foldedUnits, EncoderWorkspace workspace)
    {
        workspace.EnsureWords(foldedUnits);
        var folded = workspace.Folded.AsSpan(0, foldedUnits);
        var sink = new Sink(workspace);
        for (var i = 1; i < folded.Length; i++)
        {
            var start = i;
            bool digits = false, others = false, unspaced = false;
            for (; folded[i] != ' '; i++)
            {
                var c = folded[i];
                var digit = char.IsAsciiDigit(c);
                digits |= digit;
                others |= !digit;
                unspaced |= c >= '\u0E00' && IsUnspaced(folded, i);
            }

            if (unspaced && definition.SplitUnspaced)
            {
                SplitUnspaced(folded, start, i, ref sink);
            }
            else
            {
                AddWord(folded, start, i, digits, others, ref sink);
            }
        }

        return sink.Count;
    }

    /// <summary>Whether the word is the name of a unit, so that a number before it has the shape #unit.</summary>
    public bool IsUnit(ReadOnlySpan<char> word) => word.Length <= LongestUnit && _units.Contains(word);

    public bool IsPartNumber(ReadOnlySpan<char> word, TokenForm form)
    {
        var digits = 0;
        foreach (var c in word)
        {
            digits += char.IsAsciiDigit(c) ? 1 : 0;
        }

        return form == TokenForm.Number
            ? digits >= 2 * definition.PartNumberDigits
            : form == TokenForm.Mixed && word.Length >= definition.PartNumberCharacters && digits >= definition.PartNumberDigits;
    }

    private void AddWord(ReadOnlySpan<char> folded, int start, int end, bool digits, bool others, ref Sink sink)
    {
        if (!digits || !others)
        {
            sink.Add(folded, start, end, digits ? TokenForm.Number : TokenForm.Word);
            return;
        }

        var letters = start;
        while (char.IsAsciiDigit(folded[letters]))
        {
            letters++;
        }

        if (definition.SplitUnits && letters > start && IsUnit(folded[letters..end]))
        {
            sink.Add(folded, start, letters, TokenForm.Number);
            sink.Add(folded, letters, end, DigitIn(folded[letters..end]) ? TokenForm.Mixed : TokenForm.Word);
            return;
        }

        sink.Add(folded, start, end, TokenForm.Mixed);
    }

    private void SplitUnspaced(ReadOnlySpan<char> folded, int start, int end, ref Sink sink)
    {
        while (start < end)
        {
            var wide = IsUnspaced(folded, start);
            var run = start;
            bool digits = false, others = false;
            while (run < end && IsUnspaced(folded, run) == wide)
            {
                digits |= char.IsAsciiDigit(folded[run]);
                others |= !char.IsAsciiDigit(folded[run]);
                run += Width(folded, run);
            }

            if (!wide)
            {
                AddWord(folded, start, run, digits, others, ref sink);
            }
            else
            {
                AddPairs(folded, start, run, ref sink);
            }

            start = run;
        }
    }

    private static void AddPairs(ReadOnlySpan<char> folded, int start, int end, ref Sink sink)
    {
        var second = start + Width(folded, start);
        if (second == end)
        {
            sink.Add(folded, start, end, TokenForm.Unspaced);
        }

        while (second < end)
        {
            var next = second + Width(folded, second);
            sink.Add(folded, start, next, TokenForm.Unspaced);
            (start, second) = (second, next);
        }
    }

    // A plain loop: the library's search allocates before it is compiled for good.
    private static bool DigitIn(ReadOnlySpan<char> word)
    {
        foreach (var c in word)
        {
            if (char.IsAsciiDigit(c))
            {
                return true;
            }
        }

        return false;
    }

    private static int Width(ReadOnlySpan<char> text, int at) => char.IsHighSurrogate(text[at]) ? 2 : 1;

    // Pairs of surrogates are whole here: the folder writes code points.
    private static bool IsUnspaced(ReadOnlySpan<char> text, int at) =>
        text[at] >= '\u0E00' && !char.IsLowSurrogate(text[at])
        && Folding.Cell(char.IsHighSurrogate(text[at]) ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at]) == Folding.Unspaced;

    private ref struct Sink
    {
        private readonly EncoderWorkspace _workspace;
        private readonly Span<char> _words;
        private readonly Span<int> _source;
        private int _at = 1;

        public Sink(EncoderWorkspace workspace)
        {
            _workspace = workspace;
            _words = workspace.Words;
            _source = workspace.WordSource;
            _words[0] = ' ';
        }

        public int Count { get; private set; }

        public void Add(ReadOnlySpan<char> folded, int start, int end, TokenForm form)
        {
            var word = folded[start..end];
            word.CopyTo(_words[_at..]);
            if (_source.Length > 0)
            {
                _workspace.FoldedSource.AsSpan(start, word.Length).CopyTo(_source[_at..]);
            }

            _workspace.Tokens[Count++] = new Token(_at, word.Length, form);
            _at += word.Length;
            _words[_at++] = ' ';
        }
    }
}
