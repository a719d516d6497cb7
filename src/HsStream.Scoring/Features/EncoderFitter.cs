namespace HsStream.Scoring.Features;

/// <summary>Fits the tables of an encoder over training texts, one text at a time in any order.</summary>
/// <remarks>Single-threaded. The same set of texts in another order gives the same tables.</remarks>
public sealed class EncoderFitter
{
    private readonly EncoderDefinition _definition;
    private readonly DescriptionEncoder _blank;
    private readonly EncoderWorkspace _workspace;
    private readonly int[] _textsOf;
    private readonly Dictionary<ulong, int> _textsOfWord = [];
    private readonly HashSet<ulong> _words = [];
    private long _texts;

    /// <exception cref="EncoderFormatException">The definition holds a value out of range.</exception>
    public EncoderFitter(EncoderDefinition definition)
    {
        definition.Validate();
        _definition = definition;
        _blank = new DescriptionEncoder(definition, new EncoderTables(0, new float[256], new byte[definition.Ngrams.Buckets], []));
        _workspace = _blank.CreateWorkspace();
        _textsOf = new int[definition.Ngrams.Buckets];
    }

    public static DescriptionEncoder Fit(EncoderDefinition definition, IEnumerable<string> texts)
    {
        var fitter = new EncoderFitter(definition);
        foreach (var text in texts)
        {
            fitter.Add(text);
        }

        return fitter.Build();
    }

    public void Add(ReadOnlySpan<char> text)
    {
        _texts++;
        var issues = TextIssues.None;
        var tokens = _blank.Tokenize(text, _workspace, ref issues);
        var before = -1;
        foreach (var entry in _blank.CountBuckets(tokens, _workspace))
        {
            var bucket = NgramCounter.BucketOf(entry);
            _textsOf[bucket] += bucket == before ? 0 : 1;
            before = bucket;
        }

        _words.Clear();
        _blank.VisitVocabulary(tokens, _workspace, word => _words.Add(word));
        foreach (var word in _words)
        {
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_textsOfWord, word, out _)++;
        }
    }

    public DescriptionEncoder Build()
    {
        var ngrams = _definition.Ngrams;
        // Smooth idf, as in scikit-learn: ln((1 + n) / (1 + df)) + 1, on 255 even levels from df = n to df = 0.
        var highest = FixedMath.Log(1 + _texts) + 1;
        var levels = new float[256];
        for (var level = 1; level < 256; level++)
        {
            levels[level] = (float)(1 + ((highest - 1) * (level - 1) / 254));
        }

        var levelOf = new byte[ngrams.Buckets];
        for (var bucket = 1; bucket < levelOf.Length; bucket++)
        {
            var seen = _textsOf[bucket] >= (bucket < 1 << ngrams.WordBits ? ngrams.WordMinTexts : ngrams.CharacterMinTexts);
            if (seen || !ngrams.DropUnseen)
            {
                var idf = highest - FixedMath.Log(1 + (seen ? _textsOf[bucket] : 0));
                levelOf[bucket] = (byte)(1 + (highest > 1 ? (int)(((idf - 1) / (highest - 1) * 254) + 0.5) : 0));
            }
        }

        var words = _textsOfWord.Where(word => word.Value >= _definition.Tokens.MinTexts)
            .OrderByDescending(word => word.Value).ThenBy(word => word.Key)
            .Take(_definition.Tokens.Vocabulary).Select(word => word.Key).ToArray();
        return new DescriptionEncoder(_definition, new EncoderTables(_texts, levels, levelOf, words));
    }
}
