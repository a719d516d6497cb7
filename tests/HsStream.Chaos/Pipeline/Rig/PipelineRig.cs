using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using HsStream.Chaos.Processes;
using HsStream.Domain.Messages;
using HsStream.Embedded.Postgres;
using HsStream.Embedded.Registry;
using Microsoft.Extensions.Logging.Abstractions;

namespace HsStream.Chaos.Pipeline.Rig;

/// <summary>A whole pipeline in real processes: broker, registry, PostgreSQL, scorers and ledgers, each of which can be struck alone.</summary>
/// <remarks>The registry runs in this process: it is stopped and started, not killed. It keeps everything in a topic.</remarks>
internal sealed class PipelineRig : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly RigOptions _options;
    private readonly string _schemasTopic = "_schemas-chaos-" + Guid.NewGuid().ToString("N")[..8];
    private BrokerProcess? _broker;
    private SchemaRegistryServer? _registry;
    private PrivatePostgres? _postgres;
    private int _brokerPort;
    private int _registryPort;
    private int _postgresPort;

    private PipelineRig(RigOptions options) => _options = options;

    public string Bootstrap { get; private set; } = "";

    public Uri RegistryUrl { get; private set; } = null!;

    public string Postgres { get; private set; } = "";

    public RigOptions Options => _options;

    public IReadOnlyList<SupervisedProcess> Scorers { get; private set; } = [];

    public IReadOnlyList<SupervisedProcess> Ledgers { get; private set; } = [];

    public IEnumerable<SupervisedProcess> Roles => Scorers.Concat(Ledgers);

    public bool OwnsBroker => _options.Against is null;

    public bool OwnsRegistry => _options.RegistryUrl is null;

    public bool OwnsPostgres => _options.PostgresConnection is null;

    public BrokerProcess? Broker => _broker;

    /// <summary>Starts the servers and creates the topics; no role runs yet.</summary>
    public static async Task<PipelineRig> StartAsync(RigOptions options, CancellationToken cancellationToken)
    {
        var rig = new PipelineRig(options);
        try
        {
            await rig.StartServersAsync(cancellationToken);
            rig.Scorers = [.. Enumerable.Range(1, options.Scorers).Select(n => rig.Role("scorer", n))];
            rig.Ledgers = [.. Enumerable.Range(1, options.Ledgers).Select(n => rig.Role("ledger", n))];
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    public void StartRoles()
    {
        foreach (var role in Roles) { role.Start(); }
    }

    public async Task StopRolesAsync()
    {
        foreach (var role in Roles) { await role.StopAsync(Patience); }
    }

    public async Task KillBrokerAsync(TimeSpan down, CancellationToken cancellationToken)
    {
        await _broker!.DisposeAsync();
        await Task.Delay(down, cancellationToken);
        _broker = await BrokerProcess.StartAsync(Path.Combine(_options.DataDirectory, "kafka"), _brokerPort, BrokerOptions(), cancellationToken);
    }

    /// <summary>Kills the whole server: postmaster and every backend, as a power cut would.</summary>
    public async Task KillPostgresAsync(TimeSpan down, CancellationToken cancellationToken)
    {
        var pid = int.Parse((await File.ReadAllLinesAsync(Path.Combine(_postgres!.DataDirectory, "postmaster.pid"), cancellationToken))[0], CultureInfo.InvariantCulture);
        NativeCalls.Signal(pid, NativeCalls.SigKill);
        await _postgres.DisposeAsync();
        await Task.Delay(down, cancellationToken);
        await StartPostgresAsync(cancellationToken);
    }

    /// <summary>Starts the servers again that have ended by themselves, as for want of room.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        if (_broker is { HasExited: true }) { await KillBrokerAsync(TimeSpan.Zero, cancellationToken); }
        if (_postgres is { Completion.IsCompleted: true })
        {
            await _postgres.DisposeAsync();
            await StartPostgresAsync(cancellationToken);
        }
    }

    public async Task StopRegistryAsync()
    {
        if (_registry is { } registry) { await registry.DisposeAsync(); }
        _registry = null;
    }

    public async Task StartRegistryAsync(CancellationToken cancellationToken)
    {
        _registry ??= await SchemaRegistryServer.StartAsync(
            new SchemaRegistryOptions { BootstrapServers = Bootstrap, Port = _registryPort, Topic = _schemasTopic, StartTimeout = Patience }, NullLoggerFactory.Instance, TimeProvider.System, cancellationToken);
        (_registryPort, RegistryUrl) = (_registry.Url.Port, _registry.Url);
    }

    /// <summary>The log of every role, for a failure's message.</summary>
    public string Logs() => string.Join('\n', Roles.Select(role => $"=== {role.Name}, started {role.Starts} times\n{role.Log}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var role in Roles) { await role.DisposeAsync(); }
        if (!OwnsBroker) { await DeleteTopicsAsync(); }
        if (_registry is { } registry) { await registry.DisposeAsync(); }
        if (_postgres is { } postgres) { await postgres.DisposeAsync(); }
        if (_broker is { } broker) { await broker.DisposeAsync(); }
    }

    private int PartitionsOf(string topic) => topic is Topics.Models or Topics.Experiments ? 1 : _options.Partitions;

    private BrokerProcessOptions BrokerOptions() => new() { Durability = _options.Durability, DiskReserveBytes = _options.BrokerReserveBytes ?? 64 << 20 };

    private async Task StartServersAsync(CancellationToken cancellationToken)
    {
        var postgres = OwnsPostgres ? StartPostgresAsync(cancellationToken) : Task.CompletedTask;
        Postgres = _options.PostgresConnection ?? "";
        if (OwnsBroker)
        {
            _broker = await BrokerProcess.StartAsync(Path.Combine(_options.DataDirectory, "kafka"), 0, BrokerOptions(), cancellationToken);
            (_brokerPort, Bootstrap) = (_broker.Port, _broker.Bootstrap);
        }
        else
        {
            Bootstrap = _options.Against!;
            await DeleteTopicsAsync();
        }

        if (OwnsRegistry) { await StartRegistryAsync(cancellationToken); }
        else { RegistryUrl = new Uri(_options.RegistryUrl!); }
        await CreateTopicsAsync();
        await postgres;
    }

    private async Task StartPostgresAsync(CancellationToken cancellationToken)
    {
        _postgres = await PrivatePostgres.StartAsync(
            new PostgresOptions { DataDirectory = _options.DataDirectory, Port = _postgresPort }, NullLoggerFactory.Instance, TimeProvider.System, cancellationToken);
        (_postgresPort, Postgres) = (_postgres.Port, _postgres.ConnectionString);
    }

    private async Task CreateTopicsAsync()
    {
        using var admin = Admin();
        await admin.CreateTopicsAsync(Topics.All.Select(topic => new TopicSpecification
        {
            Name = topic,
            NumPartitions = PartitionsOf(topic),
            ReplicationFactor = -1,
            Configs = topic is Topics.Models or Topics.Experiments ? new Dictionary<string, string> { ["cleanup.policy"] = "compact" } : new Dictionary<string, string> { ["retention.ms"] = "-1" },
        }));
    }

    /// <summary>The names are fixed, so a cluster that is lent gets its topics back as they were: absent.</summary>
    private async Task DeleteTopicsAsync()
    {
        using var admin = Admin();
        var present = admin.GetMetadata(Patience).Topics.Select(topic => topic.Topic).Where(topic => Topics.All.Contains(topic) || topic == _schemasTopic).ToList();
        if (present.Count > 0) { await admin.DeleteTopicsAsync(present); }
        try
        {
            await admin.DeleteGroupsAsync(["hs.scorer", "hs.ledger"]);
        }
        catch (DeleteGroupsException)
        {
            // They were never there.
        }
    }

    private IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Bootstrap }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    /// <summary>One more ledger, with settings of its own; the caller starts and disposes it.</summary>
    public SupervisedProcess Ledger(string name, IReadOnlyDictionary<string, string> settings) => new($"ledger {name}", RoleCommand("ledger", new Dictionary<string, string>(settings)));

    private SupervisedProcess Role(string role, int number)
    {
        var settings = new Dictionary<string, string>(_options.Settings)
        {
            ["Kafka:ClientProperties:session.timeout.ms"] = ((int)_options.SessionTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
            ["Kafka:ClientProperties:heartbeat.interval.ms"] = "1000",
        };
        if (role == "scorer") { settings["Scorer:InstanceId"] = $"chaos-{number}"; }
        return new SupervisedProcess($"{role} {number}", RoleCommand(role, settings));
    }

    private IReadOnlyList<string> RoleCommand(string role, Dictionary<string, string> settings)
    {
        List<string> arguments =
        [
            "run", "--roles", role, "--bootstrap-servers", Bootstrap, "--registry", RegistryUrl.ToString(), "--postgres", Postgres,
            "--models", _options.ModelsDirectory, "--http-port", "0", "--settings", "/dev/null/none",
        ];
        foreach (var (key, value) in settings) { arguments.AddRange(["--set", $"{key}={value}"]); }
        return HsStreamProgram.Command(arguments);
    }
}
