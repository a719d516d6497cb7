namespace HsStream.Cli.Up;

/// <summary>What <c>up</c> runs.</summary>
/// <param name="Roles">Names with commas; null runs the servers only.</param>
/// <param name="IsIsolated">Each role in a process of its own.</param>
/// <param name="HttpPort">Of the console; 0 takes a free one.</param>
/// <param name="Models">Folder of the bundles.</param>
/// <param name="Settings">More settings of the service by their keys.</param>
/// <param name="MayTrain">Trains the default model when there is none.</param>
internal sealed record UpOptions(
    PlatformOptions Platform, string? Roles, bool IsIsolated, int HttpPort, string Models, IReadOnlyDictionary<string, string> Settings,
    bool MayTrain, bool IsJson, bool IsVerbose);
