namespace HsStream.Scoring.Features;

/// <summary>Third step: the ids of the words in order.</summary>
internal sealed class TokenSequence(TokenDefinition definition, Tokenizer tokenizer, EncoderTables tables)
{
    private readonly int _pieceBits = System.Numerics.BitOperations.Log2((uint)definition.PieceBuckets);

    /// <summary>Writes <see cref="EncoderWorkspace.TokenIds"/>.</summary>
    /// <returns>Ids written.</returns>
    public int Write(int tokens, EncoderWorkspace workspace, ref TextIssues issues, out TextProfile profile)
    {
        var ids = workspace.TokenIds.AsSpan();
        int n = 0, words = 0, known = 0, numbers = 0, mixed = 0;
        for (var i = 0; i < tokens; i++)
        {
            var form = workspace.Tokens[i].Form;
            var id = tables.WordId(workspace.WordHashes[i]);
            switch (form)
            {
                case TokenForm.Number: numbers++; break;
                case TokenForm.Mixed: mixed++; break;
                default:
                    words++;
                    known += id != 0 ? 1 : 0;
                    break;
            }

            if (id == 0 && form is TokenForm.Number or TokenForm.Mixed)
            {
                id = ShapeId(i, tokens, workspace);
            }

            if (id == 0)
            {
                n = WritePieces(workspace.Words.AsSpan(workspace.Tokens[i].Start, workspace.Tokens[i].Length), ids, n);
            }
            else if (n++ < ids.Length)
            {
                ids[n - 1] = id;
            }
        }

        profile = new TextProfile(words, known, numbers, mixed);
        issues |= n > ids.Length ? TextIssues.TokensCut : TextIssues.None;
        issues |= known == 0 ? TextIssues.NoKnownWords : TextIssues.None;
        return Math.Min(n, ids.Length);
    }

    public void VisitVocabulary(int tokens, EncoderWorkspace workspace, Action<ulong> visit)
    {
        for (var i = 0; i < tokens; i++)
        {
            visit(workspace.WordHashes[i]);
            var (start, length, form) = workspace.Tokens[i];
            if (form is TokenForm.Number or TokenForm.Mixed)
            {
                visit(Shapes.Of(i, tokens, workspace, tokenizer));
                if (tokenizer.IsPartNumber(workspace.Words.AsSpan(start, length), form))
                {
                    visit(Shapes.PartNumber);
                }
            }
        }
    }

    private int ShapeId(int token, int tokens, EncoderWorkspace workspace)
    {
        var id = tables.WordId(Shapes.Of(token, tokens, workspace, tokenizer));
        var (start, length, form) = workspace.Tokens[token];
        return id == 0 && tokenizer.IsPartNumber(workspace.Words.AsSpan(start, length), form) ? tables.WordId(Shapes.PartNumber) : id;
    }

    private int WritePieces(ReadOnlySpan<char> word, Span<int> ids, int n)
    {
        for (; word.Length > 0; n++)
        {
            var piece = word[..Math.Min(definition.PieceCharacters, word.Length)];
            if (n < ids.Length)
            {
                ids[n] = 1 + definition.Vocabulary + FeatureHash.Bucket(FeatureHash.Of(FeatureHash.PieceSeed, piece), _pieceBits);
            }

            word = word[piece.Length..];
        }

        return n;
    }
}
