using System.CommandLine;
using HsStream.Embedded.Broker.Catalog;

namespace HsStream.Cli.Broker;

/// <summary><c>hsstream broker verify</c>: every CRC and every offset of every partition, read from the files.</summary>
internal static class VerifyVerb
{
    /// <summary>A running broker may be in the middle of a write; a real problem is still there after these.</summary>
    private const int LooksAtRunningBroker = 5;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    public static Command Describe()
    {
        var directory = CommonOptions.DataDirectory();
        var topic = new Option<string?>("--topic") { Description = "Only this topic.", HelpName = "NAME" };
        var json = CommonOptions.Json("One JSON object a line.");
        var verb = new Command("verify", "Check CRCs and offsets of all partitions; the broker may run or not. Exit code 1 at damage.") { directory, topic, json };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var stored = StoredTopics.Open(parsed.GetValue(directory)!);
            var name = parsed.GetValue(topic);
            if (name is not null && stored.Find(name) is null) { throw new OperatorException($"there is no topic '{name}'"); }

            var listing = new Listing("partition", "status", "firstOffset", "endOffset", "batches", "bytes", "file", "position", "problem");
            var isSound = true;
            foreach (var found in stored.Topics.Where(t => name is null || t.Name == name))
            {
                for (var number = 0; number < found.Partitions; number++)
                {
                    var result = await CheckAsync(stored, found, number, TimeProvider.System, cancellationToken);
                    isSound &= result.Damages.All(d => IsHarmless(d, result.RecoveryPoint)) && !result.IsMissing;
                    Add(listing, result);
                }
            }

            await listing.WriteAsync(parsed.InvocationConfiguration.Output, parsed.GetValue(json));
            return isSound ? 0 : throw new OperatorException("damage was found; the broker takes such a partition offline instead of guessing");
        });
        return verb;
    }

    private sealed record Result(string Partition, bool IsMissing, long? First, long? End, long Batches, long Bytes, long RecoveryPoint, List<StoredDamage> Damages);

    private static async Task<Result> CheckAsync(
        StoredTopics stored, StoredTopic topic, int number, TimeProvider time, CancellationToken cancellationToken)
    {
        var result = Check(stored.Partition(topic, number), cancellationToken);
        for (var look = 1; look < LooksAtRunningBroker && result.Damages.Count > 0 && stored.IsInUse(); look++)
        {
            await Task.Delay(BetweenLooks, time, cancellationToken);
            result = Check(stored.Partition(topic, number), cancellationToken);
        }

        return result;
    }

    private static Result Check(StoredPartition partition, CancellationToken cancellationToken)
    {
        List<StoredDamage> damages = [];
        var (first, end, batches, bytes) = ((long?)null, (long?)null, 0L, 0L);
        foreach (var batch in partition.ReadBatches(0, damages.Add))
        {
            cancellationToken.ThrowIfCancellationRequested();
            first ??= batch.Header.BaseOffset;
            end = batch.Header.NextOffset;
            batches++;
            bytes += batch.Header.Size;
        }

        var recoveryPoint = partition.Checkpoint?.RecoveryPoint ?? 0;
        if ((end ?? recoveryPoint) < recoveryPoint && damages.Count == 0)
        {
            damages.Add(new StoredDamage("", 0, end!.Value, $"expected records up to offset {recoveryPoint}, found them up to {end}", IsTail: false));
        }

        return new Result(partition.Name, !partition.Exists, first, end, batches, bytes, recoveryPoint, damages);
    }

    /// <summary>Above the recovery point, an end that nothing follows is what a crash may leave; the next start cuts it off.</summary>
    private static bool IsHarmless(StoredDamage damage, long recoveryPoint) => damage.IsTail && damage.Offset >= recoveryPoint;

    private static void Add(Listing listing, Result result)
    {
        if (result.IsMissing) { listing.Add(result.Partition, "missing", null, null, 0, 0, null, null, "the partition's folder is not there"); }
        else if (result.Damages.Count == 0) { listing.Add(result.Partition, "ok", result.First, result.End, result.Batches, result.Bytes, null, null, null); }
        foreach (var damage in result.Damages)
        {
            var status = IsHarmless(damage, result.RecoveryPoint) ? "torn tail" : "DAMAGED";
            var problem = IsHarmless(damage, result.RecoveryPoint) ? $"{damage.Problem}; the next start cuts it off" : $"offset {damage.Offset}: {damage.Problem}";
            listing.Add(result.Partition, status, result.First, result.End, result.Batches, result.Bytes, damage.File, damage.Position, problem);
        }
    }
}
