using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsCheck;
using HsStream.Domain.Classification;
using HsStream.Domain.Ledger.Records;
using HsStream.Store.Chain;
using HsStream.Store.Events;
using HsStream.UnitTests.Ledger;
using Xunit;

namespace HsStream.UnitTests.Store;

public sealed class ChainTests
{
    [Fact]
    public void The_root_is_that_of_RFC_6962() => Gen.Byte.Array[0, 40].Sample(seeds =>
    {
        var leaves = seeds.Select(s => SHA256.HashData([s])).ToArray();
        Assert.Equal(Reference(leaves), MerkleTree.Root(leaves.SelectMany(l => l).ToArray()));
    }, iter: 200);

    [Fact]
    public void Every_leaf_has_a_proof_and_no_other_leaf_or_place_has_it() => Gen.Select(Gen.Int[1, 70], Gen.Int[0, 69]).Sample((count, at) =>
    {
        at %= count;
        var leaves = Enumerable.Range(0, count).SelectMany(i => SHA256.HashData(BitConverter.GetBytes(i))).ToArray();
        var (root, levels) = (MerkleTree.Root(leaves), MerkleTree.Levels(leaves));
        var proof = MerkleTree.Proof(levels, at);
        var leaf = leaves.AsSpan(at * 32, 32).ToArray();
        Assert.Equal(root, levels[^1]);
        Assert.Equal(root, MerkleTree.RootOf(leaf, at, count, proof));
        Assert.NotEqual(root, MerkleTree.RootOf(SHA256.HashData(leaf), at, count, proof));
        if (count > 1) { Assert.NotEqual(root, MerkleTree.RootOf(leaf, (at + 1) % count, count, proof)); }
        Assert.Null(MerkleTree.RootOf(leaf, at, count, [.. proof, leaf]));
        Assert.Null(MerkleTree.RootOf(leaf, count, count, proof));
    }, iter: 300);

    [Theory]
    [InlineData("1", "1")]
    [InlineData("-0", "0")]
    [InlineData("0.0", "0")]
    [InlineData("1.50", "1.5")]
    [InlineData("1E-05", "0.00001")]
    [InlineData("-1.25e3", "-1250")]
    [InlineData("100", "100")]
    [InlineData("0.1e1", "1")]
    [InlineData("12.34e-1", "1.234")]
    public void A_number_has_one_spelling(string number, string canonical)
    {
        Assert.Equal(canonical, CanonicalNumber.Format(number));
        Assert.Equal(canonical, CanonicalNumber.Format(Encoding.ASCII.GetBytes(number)));
    }

    [Fact]
    public void Numbers_keep_their_bits() => Gen.Select(Gen.Float, Gen.Double).Sample((single, number) =>
    {
        if (float.IsFinite(single)) { Assert.Equal(single, float.Parse(CanonicalNumber.Format(single), System.Globalization.CultureInfo.InvariantCulture)); }
        if (double.IsFinite(number)) { Assert.Equal(number, double.Parse(CanonicalNumber.Format(number), System.Globalization.CultureInfo.InvariantCulture)); }
    }, iter: 5_000);

    [Fact]
    public void Any_text_survives_its_safe_form() => Gen.Char.Array[0, 40].Select(c => new string(c)).Sample(text =>
    {
        var safe = SafeText.Encode(text);
        Assert.DoesNotContain('\0', safe);
        Assert.Equal(safe, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(safe)));
        Assert.Equal(text, SafeText.Decode(safe));
    }, iter: 5_000);

    [Fact]
    public void Events_are_written_in_canonical_form_from_the_start() => Gen.Select(Gen.Char.Array[0, 30], Gen.Float[0f, 1f], Gen.Char.Array[1, 5]).Sample((text, probability, key) =>
    {
        var codec = new EventCodec();
        foreach (var fact in (object[])
            [
                new ClassificationEvent.GoodsDescribed(
                    1, "sha256:00", TestFacts.At, TestFacts.Origin("t", 1),
                    new(new string(text), new string(key), null, new Dictionary<string, string> { [new string(key)] = new string(text), ["a"] = "b" })),
                new ClassificationEvent.CodePredicted(TestFacts.Prediction(new string(text), "X", probability), TestFacts.Origin("t", 1)),
            ])
        {
            var encoded = codec.Encode(fact);
            var data = Leaf.Read(encoded.Json);
            Assert.Equal(encoded.DataHash, data.DataHash);
            Assert.Equal(fact is ClassificationEvent.GoodsDescribed ? PrivatePart.Intact : PrivatePart.None, data.Private);
        }
    }, iter: 500);

    [Fact]
    public void An_older_event_is_read_as_todays()
    {
        var codec = new EventCodec(new Upcaster());
        var read = Assert.IsType<RecordEvent.Unreadable>(codec.Decode("record_unreadable.v0", """{"why":"UNREADABLE"}"""u8));
        Assert.Equal("UNREADABLE", read.Reason);
        Assert.Throws<LedgerFormatException>(() => codec.Decode("record_unreadable.v9", "{}"u8));
        Assert.Throws<LedgerFormatException>(() => codec.Decode(EventTypes.LabelCorrected, "{\"correction\":3}"u8));
    }

    [Fact]
    public void A_noted_head_is_read_as_it_is_printed()
    {
        var seal = Seal.Create(12, 100, 3, TestFacts.At, "t/0 1 2", new byte[32], Seal.Genesis);
        var noted = NotedHead.Parse(seal.Name);
        Assert.Equal(12, noted.Number);
        Assert.Equal(seal.Hash, noted.Hash);
        foreach (var wrong in (string[])["", "12", "12:", "12:zz", "x:" + new string('0', 64), "0:" + new string('0', 64)])
        {
            Assert.Throws<FormatException>(() => NotedHead.Parse(wrong));
        }
    }

    [Fact]
    public void Offsets_read_back_from_a_seal() => Gen.Select(Gen.Int[0, 99], Gen.Long[0, 1000], Gen.Long[1, 1000]).Array[0, 5].Sample(parts =>
    {
        var steps = parts.Select((p, i) => new OffsetAdvance($"hs/a.{i}", p.Item1, p.Item2, p.Item2 + p.Item3)).ToArray();
        Assert.Equal(steps, OffsetAdvance.Parse(OffsetAdvance.Text(steps)));
    }, iter: 200);

    private static byte[] Reference(ReadOnlySpan<byte[]> leaves)
    {
        if (leaves.IsEmpty) { return SHA256.HashData(ReadOnlySpan<byte>.Empty); }
        if (leaves.Length == 1) { return leaves[0]; }
        var split = 1;
        while (split * 2 < leaves.Length) { split *= 2; }
        return SHA256.HashData([1, .. Reference(leaves[..split]), .. Reference(leaves[split..])]);
    }

    private sealed class Upcaster : ILedgerUpcaster
    {
        public string StoredName => "record_unreadable.v0";

        public Type EventType => typeof(RecordEvent.Unreadable);

        public object Upcast(JsonElement stored) =>
            new RecordEvent.Unreadable(null, 0, stored.GetProperty("why").GetString()!, "", TestFacts.Origin("t", 0));
    }
}
