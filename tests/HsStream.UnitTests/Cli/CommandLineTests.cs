using HsStream.Cli;
using Xunit;

namespace HsStream.UnitTests.Cli;

/// <summary>What cannot be understood costs one line on standard error and exit code 2.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--nonsense", "up", "--nonsense")]
    [InlineData("'juggle'", "juggle")]
    [InlineData("--kafka-port is '70000'; expected a port from 0 to 65535", "up", "--kafka-port", "70000")]
    [InlineData("--postgres-port is '-1'; expected a port", "up", "--postgres-port", "-1")]
    [InlineData("page-cache", "up", "--durability", "sometimes")]
    public async Task A_mistake_is_one_line_that_names_it(string expected, params string[] arguments)
    {
        var (exitCode, output, errors) = await RunAsync(arguments);
        Assert.Equal(CommandLine.UsageError, exitCode);
        Assert.Equal("", output);
        Assert.Contains(expected, Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_arguments_it_lists_the_verbs()
    {
        var (exitCode, output, _) = await RunAsync();
        Assert.Equal(0, exitCode);
        Assert.All((string[])["up", "doctor"], verb => Assert.Contains($"  {verb} ", output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_of_a_verb_shows_its_defaults()
    {
        var (exitCode, output, _) = await RunAsync("up", "--help");
        Assert.Equal(0, exitCode);
        Assert.Contains("9092", output, StringComparison.Ordinal);
        Assert.Contains("--durability", output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var exitCode = await CommandLine.RunAsync(arguments, output, errors);
        return (exitCode, output.ToString(), errors.ToString());
    }
}
