using System.Runtime.CompilerServices;

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
    private readonly float[] _kindWeights;
    private readonly float[] _countWeights = new float[256];

    public NgramCounter(NgramDefinition definition, Tokenizer tokenizer)
    {
        _definition = definition;
        _tokenizer = tokenizer;
        _characterBase = 1 << definition.WordBits;
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
        for (var i = 0; i < n; i++)
        {
            var square = (double)weights[i] * weights[i];
            wordSquares += i < characters ? square : 0;
            characterSquares += i < characters ? 0 : square;
        }

        Scale(weights[..characters], _definition.WordHalf, wordSquares);
        Scale(weights[characters..n], _definition.CharacterHalf, characterSquares);
        n = Take(ids[..n], weights[..n], workspace, ref issues);
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

        var table = new Table(workspace, most);
        if (_definition.WordHalf > 0)
        {
            CountWords(list, _definition.MaskWordDigits ? masked : words, workspace, ref table);
        }

        if (_definition.CharacterHalf > 0)
        {
            CountCharacters(list, _definition.MaskCharacterDigits ? masked : words, ref table);
        }

        return table.Drain();
    }

    public static int BucketOf(ulong entry) => (int)(entry >> (32 + KindBits));

    private void CountWords(ReadOnlySpan<Token> tokens, ReadOnlySpan<char> words, EncoderWorkspace workspace, ref Table table)
    {
        var bits = _definition.WordBits;
        var before = 0UL;
        for (var i = 0; i < tokens.Length; i++)
        {
            var (start, length, form) = tokens[i];
            var hash = _definition.MaskWordDigits ? FeatureHash.Of(FeatureHash.WordSeed, words.Slice(start, length)) : workspace.WordHashes[i];
            Add(FeatureHash.Bucket(hash, bits), Word, ref table);
            if (i > 0)
            {
                Add(FeatureHash.Bucket(FeatureHash.Pair(before, hash), bits), Pair, ref table);
            }

            before = hash;
            if (form is TokenForm.Number or TokenForm.Mixed)
            {
                Add(FeatureHash.Bucket(Shapes.Of(i, tokens.Length, workspace, _tokenizer), bits), Shape, ref table);
                if (_tokenizer.IsPartNumber(workspace.Words.AsSpan(start, length), form))
                {
                    Add(FeatureHash.Bucket(Shapes.PartNumber, bits), Shape, ref table);
                }
            }
        }
    }

    private void CountCharacters(ReadOnlySpan<Token> tokens, ReadOnlySpan<char> words, ref Table table)
    {
        int min = _definition.CharacterMin, max = _definition.CharacterMax, bits = _definition.CharacterBits;
        foreach (var (start, length, _) in tokens)
        {
            var padded = words.Slice(start - 1, length + 2);
            for (var from = 0; from < padded.Length; from++)
            {
                var hash = FeatureHash.CharacterSeed;
                var gram = padded.Slice(from, Math.Min(max, padded.Length - from));
                for (var n = 0; n < gram.Length; n++)
                {
                    hash = FeatureHash.Step(hash, gram[n]);
                    if (n + 1 >= min)
                    {
                        table.Add(((_characterBase + FeatureHash.Bucket(FeatureHash.Finish(hash), bits)) << KindBits) | Character);
                    }
                }
            }
        }
    }

    // Bucket 0 of the words is padding, so what falls there goes to its neighbour.
    private static void Add(int bucket, int kind, ref Table table) => table.Add((Math.Max(bucket, 1) << KindBits) | kind);

    private float CountWeight(int count) => _definition.SublinearCounts ? (float)(1 + FixedMath.Log(count)) : count;

    private static void Scale(Span<float> weights, float length, double squares)
    {
        if (squares <= 0)
        {
            return;
        }

        var factor = (float)(length / Math.Sqrt(squares));
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] *= factor;
        }
    }

    /// <summary>Keeps the heaviest features, scales them to length 1 and writes them out.</summary>
    private int Take(Span<int> ids, Span<float> weights, EncoderWorkspace workspace, ref TextIssues issues)
    {
        var cap = _definition.MaxFeatures;
        var threshold = 0u;
        var ties = 0;
        if (ids.Length > cap)
        {
            issues |= TextIssues.FeaturesCut;
            var ranking = workspace.Ranking.AsSpan(0, ids.Length);
            for (var i = 0; i < ranking.Length; i++)
            {
                ranking[i] = BitConverter.SingleToUInt32Bits(weights[i]); // positive floats order like their bits
            }

            ranking.Sort();
            threshold = ranking[^cap];
            ties = cap;
            foreach (var bits in ranking[^cap..])
            {
                ties -= bits > threshold ? 1 : 0;
            }
        }

        var n = 0;
        var squares = 0.0;
        for (var i = 0; i < ids.Length; i++)
        {
            var bits = BitConverter.SingleToUInt32Bits(weights[i]);
            if (bits < threshold || weights[i] == 0 || (threshold > 0 && bits == threshold && ties-- <= 0))
            {
                continue;
            }

            workspace.NgramIds[n] = ids[i];
            workspace.NgramWeights[n++] = weights[i];
            squares += (double)weights[i] * weights[i];
        }

        Scale(workspace.NgramWeights.AsSpan(0, n), 1, squares);
        return n;
    }

    /// <summary>Counts by key in a part of the workspace's slots that fits the text, so that a short text stays in the first-level cache.</summary>
    private ref struct Table
    {
        private readonly Span<ulong> _slots;
        private readonly Span<ulong> _used;
        private readonly int _shift;
        private int _count;

        public Table(EncoderWorkspace workspace, int most)
        {
            var bits = System.Numerics.BitOperations.Log2((uint)Math.Max(most - 1, 8)) + 2; // at most half full
            _slots = workspace.Slots.AsSpan(0, 1 << bits);
            _used = workspace.Counts;
            _shift = 32 - bits;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(int key)
        {
            var slot = (int)(((uint)key * 0x9E3779B1u) >> _shift);
            while (true)
            {
                ref var entry = ref _slots[slot];
                if (entry == 0)
                {
                    entry = ((ulong)key << 32) | 1;
                    _used[_count++] = (ulong)slot;
                    return;
                }

                if ((int)(entry >> 32) == key)
                {
                    entry++;
                    return;
                }

                slot = (slot + 1) & (_slots.Length - 1);
            }
        }

        /// <summary>Empties the slots into sorted order.</summary>
        public readonly int Drain()
        {
            var used = _used[.._count];
            foreach (ref var entry in used)
            {
                var slot = (int)entry;
                entry = _slots[slot];
                _slots[slot] = 0;
            }

            used.Sort();
            return used.Length;
        }
    }
}
