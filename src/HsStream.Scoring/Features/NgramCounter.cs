namespace HsStream.Scoring.Features;

/// <summary>Fourth step: the bag of hashed words, pairs, shapes and character n-grams, weighted and scaled.</summary>
internal sealed class NgramCounter
{
    // A key is a bucket and a kind: two kinds in one bucket are counted apart and their weights added.
    private const int KindBits = 2;
    private const int Word = 0;
    private const int Pair = 1;
    private const int Shape = 2;
    private const int Character = 3;

    private readonly NgramDefinition _definition;
    private readonly Tokenizer _tokenizer;
    private readonly int _characterBase;
    private readonly int _keyBits;
    private readonly float[] _kindWeights;
    private readonly float[] _countWeights = new float[256];

    public NgramCounter(NgramDefinition definition, Tokenizer tokenizer)
    {
        _definition = definition;
        _tokenizer = tokenizer;
        _characterBase = 1 << definition.WordBits;
        _keyBits = KeySort.Bits((long)definition.Buckets << KindBits);
        _kindWeights = [definition.WordWeight, definition.PairWeight, definition.ShapeWeight, 1];
        for (var count = 1; count < _countWeights.Length; count++)
        {
            _countWeights[count] = CountWeight(count);
        }
    }

    /// <summary>Writes <see cref="EncoderWorkspace.NgramIds"/> and <see cref="EncoderWorkspace.NgramWeights"/>.</summary>
    /// <returns>Features written.</returns>
    public int Write(int tokens, EncoderTables tables, EncoderWorkspace workspace, ref TextIssues issues)
    {
        var keys = Count(tokens, workspace); // which may change the array below
        var counts = workspace.Counts.AsSpan(0, keys);
        var ids = workspace.AllIds.AsSpan(0, counts.Length);
        var weights = workspace.AllWeights.AsSpan(0, counts.Length);
        int n = 0, characters = -1;
        double wordSquares = 0, characterSquares = 0;
        foreach (var entry in counts)
        {
            var key = (int)(entry >> 32);
            var (id, kind) = (key >> KindBits, key & ((1 << KindBits) - 1));
            var idf = tables.Idf(id);
            if (idf == 0 || _kindWeights[kind] == 0)
            {
                continue;
            }

            var count = (int)(uint)entry;
            var weight = _kindWeights[kind] * (count < _countWeights.Length ? _countWeights[count] : CountWeight(count)) * idf;
            if (n > 0 && ids[n - 1] == id)
            {
                weights[n - 1] += weight;
                continue;
            }

            characters = characters < 0 && id >= _characterBase ? n : characters;
            (ids[n], weights[n]) = (id, weight);
            n++;
        }

        characters = characters < 0 ? n : characters;
        for (var i = 0; i < characters; i++)
        {
            wordSquares += (double)weights[i] * weights[i];
        }

        for (var i = characters; i < n; i++)
        {
            characterSquares += (double)weights[i] * weights[i];
        }

        var wordScale = wordSquares > 0 ? _definition.WordHalf / Math.Sqrt(wordSquares) : 0;
        var characterScale = characterSquares > 0 ? _definition.CharacterHalf / Math.Sqrt(characterSquares) : 0;
        if (n > _definition.MaxFeatures)
        {
            issues |= TextIssues.FeaturesCut;
            Scale(weights[..characters], (float)wordScale, weights);
            Scale(weights[characters..n], (float)characterScale, weights[characters..]);
            return TakeHeaviest(ids[..n], weights[..n], workspace);
        }

        // The row's length is then known without another pass.
        var length = Math.Sqrt(
            (wordSquares > 0 ? (double)_definition.WordHalf * _definition.WordHalf : 0)
            + (characterSquares > 0 ? (double)_definition.CharacterHalf * _definition.CharacterHalf : 0));
        ids[..n].CopyTo(workspace.NgramIds);
        if (n > 0)
        {
            Scale(weights[..characters], (float)(wordScale / length), workspace.NgramWeights);
            Scale(weights[characters..n], (float)(characterScale / length), workspace.NgramWeights.AsSpan(characters));
        }

        issues |= n == 0 ? TextIssues.NoKnownFeatures : TextIssues.None;
        return n;
    }

    /// <summary>Writes the counted keys in rising order, key in the upper and count in the lower half, to <see cref="EncoderWorkspace.Counts"/>.</summary>
    /// <returns>Different keys.</returns>
    public int Count(int tokens, EncoderWorkspace workspace)
    {
        var list = workspace.Tokens.AsSpan(0, tokens);
        var units = tokens == 0 ? 1 : list[^1].Start + list[^1].Length + 1;
        var span = _definition.CharacterMax - _definition.CharacterMin + 1;
        var most = (4 * tokens) + (_definition.CharacterHalf > 0 ? span * units : 0);
        workspace.EnsureCounts(most);
        var words = workspace.Words.AsSpan(0, units);
        var masked = workspace.Masked.AsSpan(0, units);
        if (_definition.MaskWordDigits || _definition.MaskCharacterDigits)
        {
            for (var i = 0; i < units; i++)
            {
                masked[i] = char.IsAsciiDigit(words[i]) ? '0' : words[i];
            }
        }

        var keys = workspace.Keys.AsSpan();
        var count = 0;
        if (_definition.WordHalf > 0)
        {
            count = WriteWords(list, _definition.MaskWordDigits ? masked : words, workspace, keys);
        }

        if (_definition.CharacterHalf > 0)
        {
            count += WriteCharacters(list, _definition.MaskCharacterDigits ? masked : words, keys[count..]);
        }

        // Sorting all and counting runs beats a hash table: the keys are few and the sort is linear.
        keys = keys[..count];
        KeySort.Sort(keys, workspace.Scratch, _keyBits);
        return CountRuns(keys, workspace.Counts);
    }

    public static int BucketOf(ulong entry) => (int)(entry >> (32 + KindBits));

    private static int CountRuns(ReadOnlySpan<uint> keys, Span<ulong> counts)
    {
        var different = 0;
        for (var i = 0; i < keys.Length;)
        {
            var start = i;
            var key = keys[i];
            while (++i < keys.Length && keys[i] == key)
            {
            }

            counts[different++] = ((ulong)key << 32) | (uint)(i - start);
        }

        return different;
    }

    private int WriteWords(ReadOnlySpan<Token> tokens, ReadOnlySpan<char> words, EncoderWorkspace workspace, Span<uint> keys)
    {
        var bits = _definition.WordBits;
        var before = 0UL;
        var n = 0;
        for (var i = 0; i < tokens.Length; i++)
        {
            var (start, length, form) = tokens[i];
            var hash = _definition.MaskWordDigits ? FeatureHash.Of(FeatureHash.WordSeed, words.Slice(start, length)) : workspace.WordHashes[i];
            keys[n++] = WordKey(hash, bits, Word);
            if (i > 0)
            {
                keys[n++] = WordKey(FeatureHash.Pair(before, hash), bits, Pair);
            }

            before = hash;
            if (form is TokenForm.Number or TokenForm.Mixed)
            {
                keys[n++] = WordKey(Shapes.Of(i, tokens.Length, workspace, _tokenizer), bits, Shape);
                if (_tokenizer.IsPartNumber(workspace.Words.AsSpan(start, length), form))
                {
                    keys[n++] = WordKey(Shapes.PartNumber, bits, Shape);
                }
            }
        }

        return n;
    }

    private int WriteCharacters(ReadOnlySpan<Token> tokens, ReadOnlySpan<char> words, Span<uint> keys)
    {
        var (min, max, shift) = (_definition.CharacterMin, _definition.CharacterMax, 64 - _definition.CharacterBits);
        var origin = ((uint)_characterBase << KindBits) | Character;
        var n = 0;
        foreach (var (start, length, _) in tokens)
        {
            var padded = words.Slice(start - 1, length + 2);
            for (; padded.Length >= min; padded = padded[1..])
            {
                // The n-grams that start here share their beginnings, and so their hashes' first steps.
                var hash = FeatureHash.CharacterSeed;
                var gram = padded[..Math.Min(max, padded.Length)];
                for (var i = 0; i < gram.Length; i++)
                {
                    hash = FeatureHash.Step(hash, gram[i]);
                    if (i + 1 >= min)
                    {
                        keys[n++] = origin + ((uint)(FeatureHash.Finish(hash) >> shift) << KindBits);
                    }
                }
            }
        }

        return n;
    }

    // Bucket 0 of the words is padding, so what falls there goes to its neighbour.
    private static uint WordKey(ulong hash, int bits, int kind) => ((uint)Math.Max(FeatureHash.Bucket(hash, bits), 1) << KindBits) | (uint)kind;

    private float CountWeight(int count) => _definition.SublinearCounts ? (float)(1 + FixedMath.Log(count)) : count;

    private static void Scale(ReadOnlySpan<float> weights, float factor, Span<float> scaled)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            scaled[i] = weights[i] * factor;
        }
    }

    /// <summary>Keeps the heaviest features, scales them to length 1 and writes them out.</summary>
    private int TakeHeaviest(ReadOnlySpan<int> ids, ReadOnlySpan<float> weights, EncoderWorkspace workspace)
    {
        var cap = _definition.MaxFeatures;
        var ranking = workspace.Ranking.AsSpan(0, ids.Length);
        for (var i = 0; i < ranking.Length; i++)
        {
            ranking[i] = BitConverter.SingleToUInt32Bits(weights[i]); // positive floats order like their bits
        }

        ranking.Sort();
        var threshold = ranking[^cap];
        var ties = cap;
        foreach (var bits in ranking[^cap..])
        {
            ties -= bits > threshold ? 1 : 0;
        }

        var n = 0;
        var squares = 0.0;
        for (var i = 0; i < ids.Length; i++)
        {
            var bits = BitConverter.SingleToUInt32Bits(weights[i]);
            if (bits < threshold || (bits == threshold && ties-- <= 0))
            {
                continue;
            }

            workspace.NgramIds[n] = ids[i];
            workspace.NgramWeights[n++] = weights[i];
            squares += (double)weights[i] * weights[i];
        }

        var kept = workspace.NgramWeights.AsSpan(0, n);
        Scale(kept, (float)(1 / Math.Sqrt(squares)), kept);
        return n;
    }
}
