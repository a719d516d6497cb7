using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.Splits;

namespace HsStream.Training.Evaluation.Prequential;

/// <summary>What a reviewer's corrections alone would teach: for each text the code that it had most often so far.</summary>
public sealed class CodeMemory
{
    private readonly Dictionary<string, Dictionary<HsCode, int>> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HsCode> _best = new(StringComparer.Ordinal);

    /// <summary>The prevailing code of this very text, case and punctuation aside; null when it was never seen.</summary>
    public HsCode? Recall(string text) => _best.TryGetValue(DescriptionKey.Normalise(text), out var code) ? code : null;

    /// <summary>Of equally frequent codes the one learnt last prevails.</summary>
    public void Learn(string text, HsCode code)
    {
        var key = DescriptionKey.Normalise(text);
        if (!_counts.TryGetValue(key, out var counts)) { _counts[key] = counts = []; }
        counts[code] = counts.GetValueOrDefault(code) + 1;
        if (!_best.TryGetValue(key, out var best) || counts[code] >= counts[best]) { _best[key] = code; }
    }
}
