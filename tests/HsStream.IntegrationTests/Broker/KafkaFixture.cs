using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using HsStream.Chaos.Processes;
using HsStream.IntegrationTests.Broker;
using Testcontainers.Kafka;
using Xunit;

[assembly: AssemblyFixture(typeof(KafkaFixture))]

namespace HsStream.IntegrationTests.Broker;

/// <summary>The brokers that the conformance tests talk to, each started once and on first use.</summary>
/// <remarks>
/// <c>embedded</c> is always there, as a process of its own. <c>external</c> is the cluster named by HSSTREAM_TEST_KAFKA.
/// <c>container</c> is Apache Kafka through Testcontainers, at the tag in docker-compose.yml, where a Docker engine answers and no
/// external cluster is given.
/// </remarks>
public sealed class KafkaFixture : IAsyncLifetime
{
    public const string Embedded = "embedded";
    private const string External = "external";
    private const string Container = "container";

    private static readonly string? ExternalBootstrap = Environment.GetEnvironmentVariable("HSSTREAM_TEST_KAFKA") is { Length: > 0 } text ? text : null;

    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _targets = new();
    private readonly string _dataDirectory = Directory.CreateTempSubdirectory("hsstream-broker-").FullName;
    private BrokerProcess? _process;
    private KafkaContainer? _container;

    /// <summary>The targets of this run, one theory row each.</summary>
    public static TheoryData<string> Targets { get; } = [.. TargetNames()];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Bootstrap servers of a target.</summary>
    public Task<string> BootstrapAsync(string target) => _targets.GetOrAdd(target, name => new Lazy<Task<string>>(() => StartAsync(name))).Value;

    /// <summary>A test's own corner of a target: its topics are deleted when it is disposed.</summary>
    internal async Task<KafkaScope> OpenAsync(string target) => new(await BootstrapAsync(target));

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) { await _process.DisposeAsync(); }
        if (_container is not null) { await _container.DisposeAsync(); }
        Directory.Delete(_dataDirectory, recursive: true);
    }

    private static IEnumerable<string> TargetNames()
    {
        yield return Embedded;
        if (ExternalBootstrap is not null) { yield return External; }
        if (ExternalBootstrap is null && DockerAnswers()) { yield return Container; }
    }

    private static bool DockerAnswers()
    {
        var host = Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } text ? text : "unix:///var/run/docker.sock";
        var uri = new Uri(host);
        try
        {
            if (uri.Scheme == "unix")
            {
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                socket.Connect(new UnixDomainSocketEndPoint(uri.AbsolutePath));
                return true;
            }

            using var tcp = new TcpClient();
            return uri.Scheme == "tcp" && tcp.ConnectAsync(uri.Host, uri.Port).Wait(TimeSpan.FromSeconds(2));
        }
        catch (Exception e) when (e is SocketException or AggregateException)
        {
            return false;
        }
    }

    private static string KafkaImage([CallerFilePath] string here = "")
    {
        var compose = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docker-compose.yml"));
        return File.ReadLines(compose)
            .Select(line => line.Trim())
            .Where(line => line.StartsWith("image:", StringComparison.Ordinal) && line.Contains("apache/kafka", StringComparison.Ordinal))
            .Select(line => line["image:".Length..].Trim().Trim('"', '\''))
            .FirstOrDefault() ?? throw new InvalidOperationException($"Expected an apache/kafka image with its tag in {compose}.");
    }

    private async Task<string> StartAsync(string target)
    {
        switch (target)
        {
            case Embedded:
                _process = await BrokerProcess.StartAsync(_dataDirectory, 0, new BrokerProcessOptions(), TestContext.Current.CancellationToken);
                return _process.Bootstrap;
            case External:
                return ExternalBootstrap!;
            default:
                _container = new KafkaBuilder(KafkaImage()).Build();
                await _container.StartAsync(TestContext.Current.CancellationToken);
                return _container.GetBootstrapAddress();
        }
    }
}
