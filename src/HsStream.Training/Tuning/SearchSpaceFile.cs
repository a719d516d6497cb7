using HsStream.Training.Networks;

namespace HsStream.Training.Tuning;

/// <summary>The hyper-parameters of a search and what each may be, as JSON: <c>{"network.head.dropout": {"kind": "continuous", "least": 0, "most": 0.7}}</c>.</summary>
public static class SearchSpaceFile
{
    /// <exception cref="HyperParameterException">Not JSON of this form, an unknown member, or an empty range.</exception>
    public static SearchSpace Parse(ReadOnlySpan<byte> json)
    {
        var axes = HyperParameterJson.Read<Dictionary<string, SearchAxisFile>>(json, "The search space");
        return new SearchSpace([.. axes.Select(axis => axis.Value.ToAxis(axis.Key))]);
    }

    private sealed record SearchAxisFile
    {
        /// <summary>continuous, integer or choice.</summary>
        public string Kind { get; init; } = "continuous";

        public double Least { get; init; }

        public double Most { get; init; }

        public bool Log { get; init; }

        public IReadOnlyList<string> Choices { get; init; } = [];

        public SearchAxis ToAxis(string name) => Kind switch
        {
            "continuous" => new ContinuousAxis(name, Least, Most, Log),
            "integer" => new IntegerAxis(name, (int)Least, (int)Most, Log),
            "choice" => new ChoiceAxis(name, Choices),
            _ => throw new HyperParameterException($"{name}.kind must be continuous, integer or choice, and is {Kind}."),
        };
    }
}
