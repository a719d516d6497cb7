using System.Diagnostics;
using System.Runtime.CompilerServices;
using HsStream.IntegrationTests.Broker;
using Xunit;

namespace HsStream.IntegrationTests.Clients;

/// <summary>Clients of other languages, one script each; a script prints its checks and fails at the first that does not hold.</summary>
public sealed class ForeignClientTests(KafkaFixture kafka, ITestOutputHelper output)
{
    private static readonly TimeSpan ScriptLimit = TimeSpan.FromMinutes(5);

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Kcat_works(string target)
    {
        Require(IsOnPath("kcat"), "kcat", "apt-get install --no-install-recommends kcat");
        await using var scope = await kafka.OpenAsync(target);
        await RunAsync("bash", Script("kcat.sh"), scope.Bootstrap, await scope.CreateTopicAsync(6));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Kafka_python_works(string target)
    {
        Require(File.Exists("/usr/lib/python3/dist-packages/kafka/__init__.py"), "kafka-python", "apt-get install --no-install-recommends python3-kafka");
        await RunAsync("/usr/bin/python3", Script("kafka_python.py"), await kafka.BootstrapAsync(target));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Confluent_python_works(string target)
    {
        Require(
            File.Exists("/usr/lib/python3/dist-packages/confluent_kafka/__init__.py"), "confluent-kafka", "apt-get install --no-install-recommends python3-confluent-kafka");
        await RunAsync("/usr/bin/python3", Script("confluent_python.py"), await kafka.BootstrapAsync(target));
    }

    [Theory, MemberData(nameof(KafkaFixture.Targets), MemberType = typeof(KafkaFixture))]
    public async Task Kafkajs_works(string target)
    {
        var modules = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Script("kafkajs.js"))!, "..", "..", "..", ".tools", "node_modules", "kafkajs"));
        Require(IsOnPath("node"), "node", "apt-get install --no-install-recommends nodejs");
        Require(Directory.Exists(modules), "kafkajs", "./setup.sh test");
        await RunAsync("node", Script("kafkajs.js"), await kafka.BootstrapAsync(target));
    }

    private static void Require(bool present, string what, string install)
    {
        if (!present) { Assert.Fail($"{what} is missing. Install it with: {install}"); }
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string Script(string name, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, name);

    private async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
                Environment = { ["PYTHONDONTWRITEBYTECODE"] = "1" },
            })!;
        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(ScriptLimit);
        var standardOutput = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var standardError = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var timedOut = false;
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            timedOut = true;
            process.Kill(entireProcessTree: true);
        }

        var text = await standardOutput + await standardError;
        output.WriteLine(text);
        Assert.False(timedOut, $"{Path.GetFileName(arguments[0])} did not end within {ScriptLimit}:\n{text}");
        Assert.True(process.ExitCode == 0, $"{Path.GetFileName(arguments[0])} ended with {process.ExitCode}:\n{text}");
        Assert.Contains("all checks passed", text, StringComparison.Ordinal);
    }
}
