using System.Text;
using HsStream.Scoring.Features;
using Xunit;

namespace HsStream.UnitTests.Scoring.Features;

public sealed class EncoderAllocationTests
{
    [Fact]
    public void Encoding_allocates_nothing_once_the_workspace_has_grown()
    {
        string[] texts = [.. Texts.Training, "", "塑料水瓶 500ml", "crème ½ \uD800 ｶﾞ", new string('w', 5000), string.Concat(Enumerable.Range(0, 128).Select(i => (char)('a' + (i * 7 % 26))))];
        var utf8 = texts.Select(Encoding.UTF8.GetBytes).ToArray();
        var workspace = Texts.Encoder.CreateWorkspace();
        Span<byte> hash = stackalloc byte[32];
        var sum = 0;
        void Run(Span<byte> into)
        {
            for (var i = 0; i < texts.Length; i++)
            {
                sum += Texts.Encoder.Encode(texts[i], workspace).NgramIds.Length;
                sum += Texts.Encoder.Encode(utf8[i], workspace).TokenIds.Length;
                DescriptionEncoder.HashInput(texts[i], into);
            }
        }

        Run(hash);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 20; round++)
        {
            Run(hash);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);
    }
}
