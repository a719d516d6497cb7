using HsStream.Chaos.Pipeline.Rig;

namespace HsStream.Chaos.Pipeline.Faults;

/// <summary>Something that happens to a running pipeline, and is over when it returns.</summary>
/// <param name="Name">As <c>--faults</c> takes it.</param>
/// <param name="Needs">Whether a rig lets it happen: servers of somebody else are not struck.</param>
internal sealed record Fault(string Name, Func<PipelineRig, bool> Needs, Func<PipelineRig, Random, CancellationToken, Task> StrikeAsync)
{
    private static readonly TimeSpan CleanStop = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<Fault> All { get; } =
    [
        new("kill-scorer", _ => true, (rig, random, _) => { Pick(rig.Scorers, random).Kill(); return Task.CompletedTask; }),
        new("kill-all-scorers", _ => true, (rig, _, _) => { foreach (var scorer in rig.Scorers) { scorer.Kill(); } return Task.CompletedTask; }),
        new("kill-ledger", _ => true, (rig, random, _) => { Pick(rig.Ledgers, random).Kill(); return Task.CompletedTask; }),
        new("kill-broker", rig => rig.OwnsBroker, (rig, random, stop) => rig.KillBrokerAsync(UpTo(random, 2000), stop)),
        new("kill-postgres", rig => rig.OwnsPostgres, (rig, random, stop) => rig.KillPostgresAsync(UpTo(random, 2000), stop)),
        new("kill-everything", rig => rig.OwnsBroker && rig.OwnsPostgres, KillEverythingAsync),
        new("restart-scorer", _ => true, (rig, random, _) => RestartAsync(Pick(rig.Scorers, random))),
        new("restart-ledger", _ => true, (rig, random, _) => RestartAsync(Pick(rig.Ledgers, random))),
        new("freeze-scorer", _ => true, (rig, random, stop) => FreezeAsync(rig, Pick(rig.Scorers, random), random, stop)),
        new("freeze-ledger", _ => true, (rig, random, stop) => FreezeAsync(rig, Pick(rig.Ledgers, random), random, stop)),
        new("stop-registry", rig => rig.OwnsRegistry, StopRegistryAsync),
    ];

    /// <exception cref="FormatException">No fault has that name.</exception>
    public static IReadOnlyList<Fault> Parse(string? names) => names is null ? All
        : [.. names.Split(',').Select(name => All.FirstOrDefault(fault => fault.Name == name) ?? throw new FormatException($"--faults expects some of {string.Join(",", All.Select(f => f.Name))}, got '{name}'."))];

    private static SupervisedProcess Pick(IReadOnlyList<SupervisedProcess> among, Random random) => among[random.Next(among.Count)];

    private static TimeSpan UpTo(Random random, int milliseconds) => TimeSpan.FromMilliseconds(random.Next(milliseconds));

    private static async Task RestartAsync(SupervisedProcess role)
    {
        await role.StopAsync(CleanStop);
        role.Start();
    }

    /// <summary>Longer than its session: its partitions go to another, and when it wakes it still believes that they are its own.</summary>
    private static async Task FreezeAsync(PipelineRig rig, SupervisedProcess role, Random random, CancellationToken stop)
    {
        role.Freeze();
        try
        {
            await Task.Delay(rig.Options.SessionTimeout + TimeSpan.FromMilliseconds(1000 + random.Next(3000)), stop);
        }
        finally
        {
            role.Thaw();
        }
    }

    private static async Task KillEverythingAsync(PipelineRig rig, Random random, CancellationToken stop)
    {
        foreach (var role in rig.Roles) { role.Kill(); }
        await Task.WhenAll(rig.KillBrokerAsync(UpTo(random, 1000), stop), rig.KillPostgresAsync(UpTo(random, 1000), stop));
    }

    private static async Task StopRegistryAsync(PipelineRig rig, Random random, CancellationToken stop)
    {
        await rig.StopRegistryAsync();
        await Task.Delay(1000 + random.Next(4000), stop);
        await rig.StartRegistryAsync(stop);
    }
}
