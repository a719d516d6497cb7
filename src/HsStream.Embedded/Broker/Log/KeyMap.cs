using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace HsStream.Embedded.Broker.Log;

/// <summary>Last offset of every key, keys standing as 128 bits of their SHA-256: 24 bytes a slot whatever the keys' length.</summary>
/// <remarks>Keys that share their 128 bits would be taken for one; no two such keys are known. Not thread-safe.</remarks>
internal sealed class KeyMap(int maxKeys)
{
    private const int InitialSlots = 1024;

    private Slot[] _slots = new Slot[InitialSlots];

    public int Count { get; private set; }

    /// <summary>Whether so many further keys fit; an empty map takes any number, so that every round makes progress.</summary>
    public bool HasRoomFor(int keys) => Count == 0 || Count + (long)keys <= maxKeys;

    public void Put(ReadOnlySpan<byte> key, long offset)
    {
        if ((Count + 1) * 4L > _slots.Length * 3L) { Grow(); }

        var (high, low) = Hash(key);
        ref var slot = ref Find(_slots, high, low);
        if (slot.OffsetPlusOne == 0)
        {
            (slot.High, slot.Low) = (high, low);
            Count++;
        }

        slot.OffsetPlusOne = offset + 1;
    }

    /// <returns>The offset last put for the key, or -1.</returns>
    public long Find(ReadOnlySpan<byte> key)
    {
        var (high, low) = Hash(key);
        return Find(_slots, high, low).OffsetPlusOne - 1;
    }

    private static ref Slot Find(Slot[] slots, ulong high, ulong low)
    {
        for (var index = (int)(high % (ulong)slots.Length); ; index = index + 1 == slots.Length ? 0 : index + 1)
        {
            ref var slot = ref slots[index];
            if (slot.OffsetPlusOne == 0 || (slot.High == high && slot.Low == low)) { return ref slot; }
        }
    }

    private void Grow()
    {
        var larger = new Slot[checked(_slots.Length * 2)];
        foreach (var slot in _slots)
        {
            if (slot.OffsetPlusOne != 0) { Find(larger, slot.High, slot.Low) = slot; }
        }

        _slots = larger;
    }

    private static (ulong High, ulong Low) Hash(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        var words = MemoryMarshal.Cast<byte, ulong>(hash);
        return (words[0], words[1]);
    }

    private struct Slot
    {
        public ulong High;
        public ulong Low;
        public long OffsetPlusOne;
    }
}
