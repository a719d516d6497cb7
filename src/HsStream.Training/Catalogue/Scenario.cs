using System.Globalization;

namespace HsStream.Training.Catalogue;

/// <summary>Ways in which a stream of shipments changes; a line is marked with those that shaped it.</summary>
[Flags]
public enum ScenarioKinds
{
    None = 0,

    /// <summary>Goods under names that did not occur before.</summary>
    NewVocabulary = 1,

    /// <summary>Other goods become frequent.</summary>
    ChangedMix = 2,

    /// <summary>The same goods go under another code of their heading, as after a ruling.</summary>
    LabelShift = 4,

    /// <summary>A shipper appears who writes unlike the others.</summary>
    NewShipper = 8,

    /// <summary>Codes of HS 2017 give way to those of HS 2022.</summary>
    EditionChange = 16,
}

/// <summary>One change of the stream.</summary>
/// <param name="Onset">Row from 0 on which it starts; null for the middle of the run.</param>
/// <param name="Strength">Above 0, at most 1; see <see cref="ShipmentGenerator"/> for what it is a share of.</param>
public sealed record Scenario(ScenarioKinds Kind, long? Onset = null, double Strength = 1)
{
    private static readonly (string Name, ScenarioKinds Kind)[] Known =
    [
        ("new-vocabulary", ScenarioKinds.NewVocabulary),
        ("changed-mix", ScenarioKinds.ChangedMix),
        ("label-shift", ScenarioKinds.LabelShift),
        ("new-shipper", ScenarioKinds.NewShipper),
        ("edition-change", ScenarioKinds.EditionChange),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(k => k.Name)];

    /// <param name="text">NAME[@ROW][:STRENGTH], such as "changed-mix@5000:0.5".</param>
    /// <exception cref="FormatException">It says what was expected and what arrived.</exception>
    public static Scenario Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var rest = text;
        var strength = 1.0;
        long? onset = null;
        if (rest.LastIndexOf(':') is var colon and >= 0)
        {
            if (!double.TryParse(rest[(colon + 1)..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out strength) || strength is not (> 0 and <= 1))
            {
                throw new FormatException($"Expected a strength above 0 and at most 1 in the scenario '{text}', got '{rest[(colon + 1)..]}'.");
            }

            rest = rest[..colon];
        }

        if (rest.IndexOf('@', StringComparison.Ordinal) is var at and >= 0)
        {
            onset = long.TryParse(rest[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var row) ? row
                : throw new FormatException($"Expected a row number from 0 in the scenario '{text}', got '{rest[(at + 1)..]}'.");
            rest = rest[..at];
        }

        var kind = Known.FirstOrDefault(k => k.Name == rest).Kind;
        return kind != ScenarioKinds.None ? new Scenario(kind, onset, strength)
            : throw new FormatException($"Expected a scenario of {string.Join(", ", Names)}, got '{rest}'.");
    }

    /// <returns>The names joined by '+'; "" for none.</returns>
    public static string Write(ScenarioKinds kinds) =>
        kinds == ScenarioKinds.None ? "" : string.Join('+', Known.Where(k => kinds.HasFlag(k.Kind)).Select(k => k.Name));
}
