using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Networks;

/// <summary>The subheadings that a model tells apart, in the order of its outputs, and the headings and chapters above them.</summary>
public sealed class LabelHierarchy
{
    /// <exception cref="ArgumentException">No code, a code twice, or one that is no subheading.</exception>
    public LabelHierarchy(IEnumerable<HsCode> codes)
    {
        Codes = [.. codes];
        if (Codes.Count == 0) { throw new ArgumentException("Expected at least one subheading."); }
        var other = Codes.FirstOrDefault(code => code.Level != HsLevel.Subheading);
        if (other != default) { throw new ArgumentException($"Expected subheadings of six digits, got {other}."); }
        if (Codes.Distinct().Count() != Codes.Count) { throw new ArgumentException("A subheading appears twice."); }
        (Headings, HeadingOf) = Group(HsLevel.Heading);
        (Chapters, ChapterOf) = Group(HsLevel.Chapter);
    }

    public IReadOnlyList<HsCode> Codes { get; }

    /// <summary>Rising.</summary>
    public IReadOnlyList<HsCode> Headings { get; }

    /// <summary>Rising.</summary>
    public IReadOnlyList<HsCode> Chapters { get; }

    /// <summary>Beside <see cref="Codes"/>: index in <see cref="Headings"/>.</summary>
    public IReadOnlyList<int> HeadingOf { get; }

    /// <summary>Beside <see cref="Codes"/>: index in <see cref="Chapters"/>.</summary>
    public IReadOnlyList<int> ChapterOf { get; }

    private (List<HsCode> Groups, int[] Of) Group(HsLevel level)
    {
        var groups = Codes.Select(code => code.AtLevel(level)).Distinct().Order().ToList();
        var index = groups.Select((group, i) => (group, i)).ToDictionary(pair => pair.group, pair => pair.i);
        return (groups, [.. Codes.Select(code => index[code.AtLevel(level)])]);
    }
}
