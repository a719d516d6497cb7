using HsStream.Training.Torch;
using Xunit;

namespace HsStream.UnitTests.Training.Torch;

public sealed class ElfImageTests
{
    private static readonly byte[] Library =
        File.ReadAllBytes(Path.Combine(LibTorchFolder.Find(null, AppContext.BaseDirectory), LibTorchFolder.TorchSharpLibrary));

    [Fact]
    public void It_reads_what_the_loader_reads()
    {
        var required = ElfImage.Parse(Library).RequiredVersions;
        Assert.Contains(required, v => v is { Library: "libc.so.6", Version: "GLIBC_2.14", IsWeak: false });
        Assert.Contains(required, v => v.Library == "libgcc_s.so.1");
        Assert.Equal(required.Count, required.Select(v => v.Index).Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("#!/bin/sh")]
    [InlineData("\u007fELF and nothing else of the sixty-four bytes that a header must have")]
    public void Another_kind_of_file_is_refused(string text) =>
        Assert.Throws<InvalidDataException>(() => ElfImage.Parse(System.Text.Encoding.Latin1.GetBytes(text)));

    [Fact]
    public void A_truncated_file_is_refused_wherever_it_ends()
    {
        for (var length = 0; length < Library.Length * 3 / 4; length += 1009)
        {
            Assert.Throws<InvalidDataException>(() => ElfImage.Parse(Library.AsMemory(0, length)));
        }
    }

    [Fact]
    public void A_damaged_file_is_read_or_refused_and_nothing_else()
    {
        var random = new Random(7);
        var library = (byte[])Library.Clone();
        // Header, dynamic segment and version tables: the places where numbers are followed.
        (int Start, int Length)[] places = [(0, 64 + (10 * 56)), (0x1d4b18, 0x270), (0x3f8f0, 0x210), (0x298, 16)];
        var refused = 0;
        for (var round = 0; round < 1000; round++)
        {
            var (start, length) = places[random.Next(places.Length)];
            var at = start + random.Next(length);
            var before = library[at];
            library[at] = (byte)random.Next(256);
            try
            {
                var image = ElfImage.Parse(library);
                image.ImportedSymbols(18);
            }
            catch (InvalidDataException)
            {
                refused++;
            }

            library[at] = before;
        }

        Assert.InRange(refused, 50, 950);
    }
}
