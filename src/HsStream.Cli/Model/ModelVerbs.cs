using System.CommandLine;

namespace HsStream.Cli.Model;

/// <summary><c>hsstream model ...</c>: look at trained models.</summary>
internal static class ModelVerbs
{
    public static Command Describe() => new("model", "Look at trained models.")
    {
        ListVerb.Describe(),
        InspectVerb.Describe(),
        VerifyVerb.Describe(),
    };
}
