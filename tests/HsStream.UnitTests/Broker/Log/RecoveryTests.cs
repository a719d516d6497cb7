using CsCheck;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

/// <summary>What a start makes of damaged files.</summary>
public sealed class RecoveryTests
{
    private static readonly (string, string)[] SmallSegments = [("internal.segment.bytes", "600"), ("index.interval.bytes", "100")];

    [Fact]
    public void A_tail_cut_anywhere_loses_only_the_batches_it_touches()
    {
        for (var cut = 1; cut <= 200; cut++)
        {
            using var fixture = Filled(flushed: 0, total: 8);
            var (path, size) = (fixture.PathOf(0, ".log"), fixture.Log.SizeInBytes / 8);
            fixture.Disk.Corrupt(path, bytes => bytes[..^cut]);
            fixture.KillAndOpen();
            Assert.Equal(8 - ((cut + size - 1) / size), fixture.Log.LogEndOffset);
            Assert.Equal(fixture.Log.LogEndOffset, fixture.ReadAll().Count);
            Assert.Equal(fixture.Log.SizeInBytes, fixture.Disk.Content(path).Length);
            Assert.Equal(ErrorCode.None, fixture.Append("again").Error);
        }
    }

    [Fact]
    public void Garbage_zeros_and_half_headers_after_the_end_are_cut() =>
        Gen.OneOf(Gen.Byte.Array[1, 300], Gen.Int[1, 300].Select(n => new byte[n])).Sample(
            garbage =>
            {
                using var fixture = Filled(flushed: 0, total: 5);
                var path = fixture.PathOf(0, ".log");
                var before = fixture.Disk.Content(path);
                fixture.Disk.Corrupt(path, bytes => [.. bytes, .. garbage]);
                fixture.KillAndOpen();
                Assert.Equal(before, fixture.Disk.Content(path));
                fixture.Disk.Corrupt(path, bytes => [.. bytes, .. fixture.Batch("half")[..40]]);
                fixture.KillAndOpen();
                Assert.Equal(before, fixture.Disk.Content(path));
            },
            iter: Effort.Times(200));

    [Fact]
    public void A_changed_byte_at_or_above_the_recovery_point_cuts_the_log_there_and_below_it_takes_the_partition_offline() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 100_000], Gen.Int[1, 255]).Sample(
            (flushed, where, flip) =>
            {
                using var fixture = Filled(flushed, total: 10);
                var path = fixture.PathOf(0, ".log");
                var size = (int)fixture.Log.SizeInBytes / 10;
                var (batch, inBatch) = (where % 10, where / 10 % size);

                // The leader epoch is the one field that neither checksum nor recovery look at.
                if (inBatch is >= 12 and < 16) { return; }

                fixture.Disk.Corrupt(path, bytes => Flipped(bytes, (batch * size) + inBatch, (byte)flip));
                var damaged = fixture.Disk.Content(path);
                fixture.KillAndOpen();
                if (batch < flushed)
                {
                    Assert.Contains("below the recovery point", fixture.Log.OfflineReason, StringComparison.Ordinal);
                    Assert.Equal(damaged, fixture.Disk.Content(path));
                    Assert.Equal(ErrorCode.KafkaStorageError, fixture.Append("x").Error);
                    Assert.Equal(ErrorCode.KafkaStorageError, fixture.Log.Read(0, 100, 0, true).Error);
                }
                else
                {
                    Assert.Null(fixture.Log.OfflineReason);
                    Assert.Equal(batch, fixture.Log.LogEndOffset);
                    Assert.Equal(batch, fixture.ReadAll().Count);
                }
            },
            iter: Effort.Times(500));

    [Fact]
    public void A_log_that_ends_below_its_recovery_point_is_offline()
    {
        using var fixture = Filled(flushed: 5, total: 5);
        fixture.Disk.Corrupt(fixture.PathOf(0, ".log"), bytes => bytes[..^(bytes.Length / 5)]);
        fixture.KillAndOpen();
        Assert.Contains("ends at 4", fixture.Log.OfflineReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_offline_partition_stays_offline_over_a_clean_stop()
    {
        using var fixture = Filled(flushed: 5, total: 5);
        await fixture.StopAndOpenAsync();
        fixture.Disk.Corrupt(fixture.PathOf(0, ".log"), bytes => Flipped(bytes, 70, 1));
        fixture.KillAndOpen();
        Assert.NotNull(fixture.Log.OfflineReason);
        await fixture.StopAndOpenAsync();
        Assert.NotNull(fixture.Log.OfflineReason);
    }

    [Fact]
    public void A_missing_or_shortened_closed_segment_is_not_taken_for_a_torn_tail()
    {
        foreach (var shorten in (bool[])[true, false])
        {
            using var fixture = Filled(flushed: 40, total: 40, SmallSegments);
            Assert.True(fixture.Log.Segments.Count > 3);
            var middle = fixture.Log.Segments[1];
            if (shorten)
            {
                fixture.Disk.Corrupt(middle.File.Path, bytes => bytes[..^(bytes.Length / 2)]);
            }
            else
            {
                fixture.Disk.DeleteFile(fixture.Log.Segments[0].File.Path);
            }

            fixture.KillAndOpen();
            Assert.NotNull(fixture.Log.OfflineReason);
        }
    }

    /// <summary>Whatever happens to files that are not .log, nothing is lost: records, sequences, transactions.</summary>
    [Fact]
    public Task Side_files_that_are_lost_or_damaged_are_made_anew() =>
        Gen.Select(Gen.Int[0, 1000].Array[0, 40], Gen.Int[0, 3].Array[40], Gen.Bool).SampleAsync(
            async (positions, damage, clean) =>
            {
                using var fixture = new LogFixture(configs: SmallSegments);
                for (var i = 0; i < 12; i++)
                {
                    fixture.Append($"plain-{i}", "second");
                    fixture.Log.Append(fixture.Batch(1, 0, i, false, "idempotent"), 9, null);
                    fixture.Log.Append(fixture.Batch(2, 0, i, true, "transaction"), 9, null);
                    if (i % 3 == 2 && i < 11) { fixture.Log.AppendMarker(2, 0, commit: i == 5, 0); }

                    fixture.Manager.FlushOnce();
                }

                var committed = fixture.ReadAll(0, IsolationLevel.ReadCommitted);
                var stable = fixture.Log.LastStableOffset;
                if (clean) { await fixture.Manager.DisposeAsync(); }

                var index = 0;
                foreach (var name in fixture.Disk.ListFiles(fixture.Directory).Where(name => !name.EndsWith(".log", StringComparison.Ordinal)))
                {
                    var position = positions.Length == 0 ? 0 : positions[index % positions.Length];
                    Damage(fixture, Path.Combine(fixture.Directory, name), damage[index++ % damage.Length], position);
                }

                fixture.KillAndOpen();
                Assert.True(fixture.Log.OfflineReason is null, fixture.Log.OfflineReason);
                Assert.Equal(stable, fixture.Log.LastStableOffset);
                Assert.Equal(committed, fixture.ReadAll(0, IsolationLevel.ReadCommitted));
                Assert.Equal(committed, fixture.ReadAll(0, IsolationLevel.ReadCommitted, maxBytes: 150));
                Assert.Equal(2, Assert.Single(fixture.Log.OpenTransactions()).ProducerId);
                Assert.Equal((0, fixture.NowMs), fixture.Log.FindMaxTimestamp());
                var (repeat, next) = (fixture.Log.Append(fixture.Batch(1, 0, 11, false, "idempotent"), 9, null), fixture.Log.LogEndOffset);
                Assert.True(repeat.Error == ErrorCode.None && repeat.BaseOffset < next, "The last batch is recognised.");
            },
            iter: Effort.Times(150));

    [Fact]
    public async Task After_a_clean_stop_nothing_is_read_but_side_files()
    {
        using var fixture = Filled(flushed: 10, total: 10, SmallSegments);
        await fixture.Manager.DisposeAsync();

        // A clean stop is believed: the damage is for verify to find.
        fixture.Disk.Corrupt(fixture.PathOf(0, ".log"), bytes => Flipped(bytes, 100, 1));
        fixture.Disk.ProcessDeath();
        fixture.Open();
        Assert.Null(fixture.Log.OfflineReason);
        Assert.Equal(10, fixture.Log.LogEndOffset);

        // But only once: the next start after a crash looks for itself.
        fixture.Disk.PowerLoss(new Random(1));
        Assert.False(fixture.Disk.FileExists("/data/clean-stop"));
    }

    private static LogFixture Filled(int flushed, int total, params (string, string)[] configs)
    {
        var fixture = new LogFixture(configs: configs);
        for (var i = 0; i < total; i++)
        {
            if (i == flushed) { Checkpoint(fixture); }

            fixture.Append($"value-{i % 10}");
        }

        if (flushed == total) { Checkpoint(fixture); }

        return fixture;
    }

    private static void Checkpoint(LogFixture fixture)
    {
        fixture.Manager.FlushOnce();
        fixture.Manager.MaintainOnce();
    }

    private static byte[] Flipped(byte[] bytes, int position, byte flip)
    {
        bytes[position] ^= flip;
        return bytes;
    }

    private static void Damage(LogFixture fixture, string path, int damage, int position)
    {
        switch (damage)
        {
            case 1:
                fixture.Disk.DeleteFile(path);
                break;
            case 2:
                fixture.Disk.Corrupt(path, bytes => bytes.Length == 0 ? bytes : Flipped(bytes, position % bytes.Length, 0x40));
                break;
            case 3:
                fixture.Disk.Corrupt(path, bytes => bytes[..(position % (bytes.Length + 1))]);
                break;
        }
    }
}
