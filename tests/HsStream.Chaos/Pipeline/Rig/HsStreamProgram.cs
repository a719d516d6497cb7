namespace HsStream.Chaos.Pipeline.Rig;

/// <summary>The <c>hsstream</c> command that runs take: this build's, or another one named by HSSTREAM_TEST_PROGRAM.</summary>
internal static class HsStreamProgram
{
    public static IReadOnlyList<string> Command(params IEnumerable<string> arguments) =>
    [
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
        Environment.GetEnvironmentVariable("HSSTREAM_TEST_PROGRAM") is { Length: > 0 } given ? given : Path.Combine(AppContext.BaseDirectory, "hsstream.dll"),
        .. arguments,
    ];
}
