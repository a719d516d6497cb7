using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using HsStream.Scoring.Features;
using Xunit;

namespace HsStream.UnitTests.Scoring.Features;

/// <summary>Pinned features. A change of these numbers breaks every trained model: it needs a new format version, never a new pin.</summary>
public sealed class EncoderGoldenTests
{
    [Fact]
    public void The_hash_gives_the_pinned_values()
    {
        Assert.Equal(0x14759BC003C2BF1DUL, FeatureHash.Of(FeatureHash.WordSeed, "bottle"));
        Assert.Equal(0x229DFF60CFD24D7DUL, FeatureHash.Pair(1, 2)); // both computed apart, in Python
    }

    [Fact]
    public void A_row_has_the_pinned_ids_and_bits()
    {
        var row = Texts.Encoder.Encode("Steel bolt M8x20", Texts.Encoder.CreateWorkspace());
        Assert.Equal(
            "376 443 548 587 876 1206 1248 1277 1484 1535 1555 1691 1788 1797 1899 1916 1989 2089 2140 2296 2355 2415 2623 "
            + "2742 2778 2910 2918 3006 3073 3267 3484 3572 3611 3683 3883 3912 4028 4244 4280 4419 4436 4563 4764 4880 4948",
            string.Join(' ', row.NgramIds.ToArray()));
        Assert.Equal(
            "3e49abb8 3ec9abb8 3eab7291 3e49abb8 3ec9abb8 3de5cc41 3da01581 3e072755 3db2ecf3 3de5cc41 3e072755 3de5cc41 "
            + "3e072755 3db2ecf3 3db2ecf3 3db2ecf3 3de5cc41 3da01581 3de5cc41 3de5cc41 3de5cc41 3e072755 3e072755 3e072755 "
            + "3de5cc41 3db2ecf3 3de5cc41 3e072755 3e072755 3dc897ea 3db2ecf3 3de5cc41 3de5cc41 3d5a6c65 3dc897ea 3e072755 "
            + "3e072755 3de5cc41 3e072755 3e072755 3db2ecf3 3e072755 3de5cc41 3de5cc41 3dc897ea",
            string.Join(' ', MemoryMarshal.Cast<float, uint>(row.NgramWeights).ToArray().Select(bits => bits.ToString("x8", null))));
        Assert.Equal("4 38 30", string.Join(' ', row.TokenIds.ToArray()));
    }

    [Fact]
    public void The_fitted_encoder_has_the_pinned_hash() => Assert.Equal("sha256:eeb94234a2f52b3506663a1706992f46d7f32a936cdda4b461587e94a8ba01c4", Texts.Encoder.Hash);

    [Fact]
    public void Many_rows_have_the_pinned_digest()
    {
        var batch = new EncodedBatch(Texts.Encoder);
        foreach (var first in Texts.Training)
        {
            foreach (var second in Texts.Training)
            {
                batch.Add(first + " ½ crème 塑料水瓶 " + second);
            }
        }

        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[4];
        for (var row = 0; row < batch.Count; row++)
        {
            foreach (var id in batch.NgramIds(row))
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes, id);
                sha.AppendData(bytes);
            }

            foreach (var weight in batch.NgramWeights(row))
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes, weight);
                sha.AppendData(bytes);
            }

            foreach (var token in batch.TokenIds(row))
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes, token);
                sha.AppendData(bytes);
            }
        }

        Assert.Equal("03b2d66dde5e4d120d95162f80a8b6ee8575a9bc88fa10275c13e58abac80af7", Convert.ToHexStringLower(sha.GetHashAndReset()));
    }
}
