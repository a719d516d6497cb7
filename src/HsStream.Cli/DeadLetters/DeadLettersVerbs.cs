using System.CommandLine;

namespace HsStream.Cli.DeadLetters;

/// <summary><c>hsstream dead-letters ...</c>: what could not be used, and what becomes of it.</summary>
internal static class DeadLettersVerbs
{
    public static Command Describe() => new("dead-letters", "List, show and replay records that could not be used.")
    {
        DeadLettersListVerb.Describe(),
        DeadLettersShowVerb.Describe(),
        DeadLettersReplayVerb.Describe(),
    };
}
