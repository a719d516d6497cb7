namespace HsStream.Domain.Replay;

/// <summary>What came of executing a past decision again.</summary>
public enum ReplayVerdict
{
    /// <summary>Everything that was computed is the same, every number to its last bit.</summary>
    Identical,

    /// <summary>The same rankings and the same decision; no probability is further away than <see cref="PredictionComparison.Tolerance"/>.</summary>
    Equivalent,

    /// <summary>Anything else; what differs is listed.</summary>
    Different,

    /// <summary>The text was erased, so that it cannot be executed again.</summary>
    Erased,

    /// <summary>The model's bundle is not at hand, or is damaged.</summary>
    NoBundle,
}

public static class ReplayVerdicts
{
    /// <returns>IDENTICAL, EQUIVALENT, DIFFERENT, ERASED or NO-BUNDLE.</returns>
    public static string Word(this ReplayVerdict verdict) => verdict == ReplayVerdict.NoBundle ? "NO-BUNDLE" : verdict.ToString().ToUpperInvariant();
}
