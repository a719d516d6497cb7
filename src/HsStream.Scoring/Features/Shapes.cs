namespace HsStream.Scoring.Features;

/// <summary>Forms of words with digits that stay the same when the digits change.</summary>
internal static class Shapes
{
    private static readonly ulong Hash = FeatureHash.Step(FeatureHash.ShapeSeed, '#');

    /// <summary>A word that looks like a part number, whichever it is.</summary>
    public static readonly ulong PartNumber = FeatureHash.Of(FeatureHash.ShapeSeed, "<part>");

    /// <summary>Hash of the word with every run of digits as #; a number followed by the name of a unit is #unit.</summary>
    public static ulong Of(int token, int tokens, EncoderWorkspace workspace, Tokenizer tokenizer)
    {
        var words = workspace.Words.AsSpan();
        var list = workspace.Tokens.AsSpan(0, tokens);
        var (start, length, form) = list[token];
        if (form == TokenForm.Number)
        {
            if (token + 1 < list.Length && list[token + 1] is var next && tokenizer.IsUnit(words.Slice(next.Start, next.Length)))
            {
                var hash = Hash;
                foreach (var c in words.Slice(next.Start, next.Length))
                {
                    hash = FeatureHash.Step(hash, c);
                }

                return FeatureHash.Finish(hash);
            }

            return FeatureHash.Finish(Hash);
        }

        var shape = FeatureHash.ShapeSeed;
        var inDigits = false;
        foreach (var c in words.Slice(start, length))
        {
            var digit = char.IsAsciiDigit(c);
            if (!digit || !inDigits)
            {
                shape = FeatureHash.Step(shape, digit ? '#' : c);
            }

            inDigits = digit;
        }

        return FeatureHash.Finish(shape);
    }
}
