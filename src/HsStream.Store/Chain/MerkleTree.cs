using System.Numerics;
using System.Security.Cryptography;

namespace HsStream.Store.Chain;

/// <summary>The tree over the leaves of one sealed batch; RFC 6962, sections 2.1 and 2.1.1.</summary>
public static class MerkleTree
{
    private const int Bytes = Leaf.Bytes;

    /// <param name="leaves">Hashes of 32 bytes, one after the other; may be empty.</param>
    public static byte[] Root(ReadOnlySpan<byte> leaves)
    {
        if (leaves.Length % Bytes != 0) { throw new ArgumentException($"Expected hashes of {Bytes} bytes, got {leaves.Length} bytes.", nameof(leaves)); }
        if (leaves.IsEmpty) { return SHA256.HashData(ReadOnlySpan<byte>.Empty); }

        // Level by level, a last odd node moves up as it is: the same tree as the recursive definition.
        var level = leaves.ToArray();
        for (var count = leaves.Length / Bytes; count > 1; count = (count + 1) / 2)
        {
            for (var i = 0; i < count / 2; i++) { Node(level.AsSpan(2 * i * Bytes, Bytes), level.AsSpan((2 * i + 1) * Bytes, Bytes), level.AsSpan(i * Bytes, Bytes)); }
            if (count % 2 == 1) { level.AsSpan((count - 1) * Bytes, Bytes).CopyTo(level.AsSpan(count / 2 * Bytes)); }
        }

        return level[..Bytes];
    }

    /// <summary>All levels of a tree, so that proofs of many leaves cost one pass.</summary>
    public static IReadOnlyList<byte[]> Levels(ReadOnlySpan<byte> leaves)
    {
        var levels = new List<byte[]> { leaves.ToArray() };
        while (levels[^1].Length > Bytes)
        {
            var below = levels[^1];
            var count = below.Length / Bytes;
            var level = new byte[(count + 1) / 2 * Bytes];
            for (var i = 0; i < count / 2; i++) { Node(below.AsSpan(2 * i * Bytes, Bytes), below.AsSpan((2 * i + 1) * Bytes, Bytes), level.AsSpan(i * Bytes, Bytes)); }
            if (count % 2 == 1) { below.AsSpan((count - 1) * Bytes, Bytes).CopyTo(level.AsSpan(count / 2 * Bytes)); }
            levels.Add(level);
        }

        return levels;
    }

    /// <returns>The hashes from the leaf's neighbour up to just below the root.</returns>
    public static IReadOnlyList<byte[]> Proof(IReadOnlyList<byte[]> levels, int index)
    {
        var proof = new List<byte[]>(BitOperations.Log2((uint)Math.Max(1, levels[0].Length / Bytes)) + 1);
        for (var level = 0; level < levels.Count - 1; level++, index /= 2)
        {
            var neighbour = index ^ 1;
            if (neighbour < levels[level].Length / Bytes) { proof.Add(levels[level].AsSpan(neighbour * Bytes, Bytes).ToArray()); }
        }

        return proof;
    }

    /// <summary>The root that follows from a leaf and its proof.</summary>
    /// <returns>Null when the proof does not have the length that the place in the tree asks for.</returns>
    public static byte[]? RootOf(ReadOnlySpan<byte> leaf, int index, int count, IReadOnlyList<byte[]> proof)
    {
        if (index < 0 || index >= count || leaf.Length != Bytes) { return null; }
        var node = leaf.ToArray();
        var next = 0;
        for (; count > 1; count = (count + 1) / 2, index /= 2)
        {
            if ((index ^ 1) >= count) { continue; }
            if (next == proof.Count || proof[next].Length != Bytes) { return null; }
            if (index % 2 == 0) { Node(node, proof[next], node); }
            else { Node(proof[next], node, node); }
            next++;
        }

        return next == proof.Count ? node : null;
    }

    private static void Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> node)
    {
        Span<byte> both = stackalloc byte[1 + 2 * Bytes];
        both[0] = 1;
        left.CopyTo(both[1..]);
        right.CopyTo(both[(1 + Bytes)..]);
        SHA256.HashData(both, node);
    }
}
