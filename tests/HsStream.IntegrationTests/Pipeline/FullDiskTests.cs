using System.Diagnostics;
using HsStream.Chaos.Pipeline.Checking;
using HsStream.Chaos.Pipeline.Faults;
using HsStream.Chaos.Pipeline.Load;
using HsStream.Domain.Messages;
using Xunit;

namespace HsStream.IntegrationTests.Pipeline;

/// <summary>The disk of broker and PostgreSQL fills up under load, and gets room again.</summary>
[Collection(PipelineGroup.Name)]
public sealed class FullDiskTests
{
    private const int Megabytes = 640;
    private static readonly TimeSpan StandStill = TimeSpan.FromSeconds(3);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)] // not yet seen to end in time; -explicit on runs it
    public async Task A_full_disk_stops_progress_loses_nothing_and_is_got_over_once_there_is_room()
    {
        using var mount = new TemporaryDirectory();
        Assert.SkipUnless(TryMount(mount.Path), "only root can mount a small file system; Broker/Faults/DiskFullTests covers refused writes for everybody");
        try
        {
            await using var scope = await PipelineScope.StartAsync(scorers: 1, ledgers: 1, options => options with { DataDirectory = mount.Path });
            scope.Rig.StartRoles();
            await scope.PublishAsync(500, seed: 61, "room-");
            await scope.DrainAsync();

            var filler = Path.Combine(mount.Path, "filler");
            Fill(filler);
            using var registry = new AvroRecords(scope.Rig.RegistryUrl);
            var encoding = await DescriptionEncoding.RegisterAsync(registry, Topics.Descriptions, Token);
            var sending = scope.PublishAsync(new LoadPlan(encoding, 62, "full-").Records(20_000));
            await using (var progress = new PipelineProgress(scope.Rig))
            {
                var (before, quiet, watch) = (await progress.ReadAsync(Token), Stopwatch.StartNew(), Stopwatch.StartNew());
                while (quiet.Elapsed < StandStill)
                {
                    Assert.True(watch.Elapsed < PipelineScope.Patience, "The disk did not stop anything.");
                    await Task.Delay(PipelineProgress.Interval, Token);
                    var now = await progress.ReadAsync(Token);
                    if (now != before) { (before, quiet) = (now, Stopwatch.StartNew()); }
                }
            }

            Assert.False(sending.IsCompleted, "all was taken although the disk was full");
            File.Delete(filler);
            await scope.Rig.RecoverAsync(Token);
            await sending;
            await scope.DrainAsync();
            var facts = await scope.InspectAsync();
            Assert.Equal(20_500, facts.Descriptions.Count);
        }
        finally
        {
            Run("umount", "-l", mount.Path);
        }
    }

    /// <summary>Takes the room that is left, to the last block.</summary>
    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        var block = new byte[1 << 20];
        var size = block.Length;
        while (size >= 4096)
        {
            try
            {
                file.Write(block.AsSpan(0, size));
                file.Flush();
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    private static bool TryMount(string path) => Environment.UserName == "root" && Run("mount", "-t", "tmpfs", "-o", $"size={Megabytes}m", "tmpfs", path);

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
