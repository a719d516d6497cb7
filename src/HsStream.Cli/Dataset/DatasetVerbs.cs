using System.CommandLine;

namespace HsStream.Cli.Dataset;

/// <summary><c>hsstream dataset ...</c>: look at files of descriptions before they are used.</summary>
internal static class DatasetVerbs
{
    public static Command Describe() => new("dataset", "Look at files of descriptions before they are used.")
    {
        CheckVerb.Describe(),
        SplitVerb.Describe(),
    };
}
