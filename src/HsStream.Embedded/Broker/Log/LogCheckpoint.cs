using System.Buffers.Binary;
using HsStream.Embedded.Broker.Disk;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Where a partition's log starts, and up to where it is known to be on the disk.</summary>
internal readonly record struct LogPosition(long LogStartOffset, long RecoveryPoint);

/// <summary>The durable <see cref="LogPosition"/> of one partition: two slots written in turn, so that a torn write leaves the other.</summary>
/// <remarks>Not thread-safe.</remarks>
internal static class LogCheckpoint
{
    // A slot in a sector of its own: a sector is what a disk may lose as a whole.
    private const int SlotDistance = 4096;
    private const int SlotBytes = 32;

    /// <summary>Writes and flushes the file; <paramref name="sequence"/> grows by one.</summary>
    public static void Write(IDisk disk, string directory, LogPosition position, ref long sequence)
    {
        Span<byte> slot = stackalloc byte[SlotBytes];
        slot.Clear();
        sequence++;
        BinaryPrimitives.WriteInt64LittleEndian(slot, sequence);
        BinaryPrimitives.WriteInt64LittleEndian(slot[8..], position.LogStartOffset);
        BinaryPrimitives.WriteInt64LittleEndian(slot[16..], position.RecoveryPoint);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[24..], Crc32C.Compute(slot[..24]));
        using var file = disk.OpenOrCreate(Path.Combine(directory, LogPaths.Checkpoint));
        file.Write(slot, sequence % 2 * SlotDistance);
        file.Flush();
    }

    /// <returns>The last position written, or null when there is none or both slots are damaged.</returns>
    public static (LogPosition Position, long Sequence)? Read(IDisk disk, string directory)
    {
        try
        {
            using var file = disk.OpenRead(Path.Combine(directory, LogPaths.Checkpoint));
            (LogPosition Position, long Sequence)? newest = null;
            Span<byte> slot = stackalloc byte[SlotBytes];
            for (var i = 0; i < 2; i++)
            {
                if (file.Read(slot, i * SlotDistance) < SlotBytes) { continue; }

                var sequence = BinaryPrimitives.ReadInt64LittleEndian(slot);
                if (sequence > 0 && BinaryPrimitives.ReadUInt32LittleEndian(slot[24..]) == Crc32C.Compute(slot[..24])
                    && sequence > (newest?.Sequence ?? 0))
                {
                    var position = new LogPosition(
                        BinaryPrimitives.ReadInt64LittleEndian(slot[8..]), BinaryPrimitives.ReadInt64LittleEndian(slot[16..]));
                    newest = (position, sequence);
                }
            }

            return newest;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
