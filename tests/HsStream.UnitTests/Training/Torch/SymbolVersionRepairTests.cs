using HsStream.Training.Torch;
using Xunit;

namespace HsStream.UnitTests.Training.Torch;

public sealed class SymbolVersionRepairTests
{
    private static readonly byte[] Library =
        File.ReadAllBytes(Path.Combine(LibTorchFolder.Find(null, AppContext.BaseDirectory), LibTorchFolder.TorchSharpLibrary));

    // All that the library asks of libstdc++, the newest included.
    private static readonly string[] Modern =
        [.. ElfImage.Parse(Library).RequiredVersions.Where(v => v.Library == "libstdc++.so.6").Select(v => v.Version)];

    [Fact]
    public void A_host_that_has_every_version_loads_the_library_as_it_is()
    {
        Assert.Contains("GLIBCXX_3.4.32", Modern);
        Assert.Null(SymbolVersionRepair.Apply(Library, Modern));
    }

    [Fact]
    public void On_an_older_host_one_bit_changes_and_marks_that_version_as_weak()
    {
        var repaired = SymbolVersionRepair.Apply(Library, Modern.Except(["GLIBCXX_3.4.32"]).ToList());
        Assert.NotNull(repaired);
        var changed = Enumerable.Range(0, Library.Length).Where(i => Library[i] != repaired[i]).ToList();
        Assert.Equal(Library.Length, repaired.Length);
        Assert.Equal(2, Library[Assert.Single(changed)] ^ repaired[changed[0]]);
        Assert.Equal("GLIBCXX_3.4.32", Assert.Single(ElfImage.Parse(repaired).RequiredVersions, v => v.IsWeak).Version);
        Assert.Null(SymbolVersionRepair.Apply(repaired, Modern.Except(["GLIBCXX_3.4.32"]).ToList()));
    }

    [Fact]
    public void A_version_that_the_library_really_uses_is_asked_for_by_name()
    {
        var e = Assert.Throws<TorchUnavailableException>(() => SymbolVersionRepair.Apply(Library, Modern.Except(["GLIBCXX_3.4.21"]).ToList()));
        Assert.Contains("GLIBCXX_3.4.21", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_is_not_weakened_when_more_than_the_known_symbol_hangs_on_it()
    {
        // Another symbol is given the same version: in the version table, 2 bytes a symbol.
        var image = ElfImage.Parse(Library);
        var index = image.RequiredVersions.Single(v => v.Version == "GLIBCXX_3.4.32").Index;
        Assert.Equal(["_ZSt21ios_base_library_initv"], image.ImportedSymbols(index));
        var altered = (byte[])Library.Clone();
        var position = FindVersionEntry(altered, index);
        altered[position - 2] = (byte)index;
        Assert.Equal(2, ElfImage.Parse(altered).ImportedSymbols(index).Count);
        Assert.Throws<TorchUnavailableException>(() => SymbolVersionRepair.Apply(altered, Modern.Except(["GLIBCXX_3.4.32"]).ToList()));
    }

    [Fact]
    public void The_hosts_own_library_tells_what_it_offers()
    {
        var path = File.ReadLines("/proc/self/maps").First(l => l.Contains("/libstdc++.so.6", StringComparison.Ordinal));
        var offered = ElfImage.Parse(File.ReadAllBytes(path[path.IndexOf('/', StringComparison.Ordinal)..])).DefinedVersions;
        Assert.Contains("libstdc++.so.6", offered);
        Assert.Contains("GLIBCXX_3.4.11", offered);
    }

    // The version table is where the only entry with this index sits among the imports; found by asking again after changing one place.
    private static int FindVersionEntry(byte[] library, ushort index)
    {
        for (var i = 0x3d000; i < library.Length - 1; i += 2)
        {
            if (library[i] != index || library[i + 1] != 0) { continue; }
            library[i] = 0;
            var isIt = ElfImage.Parse(library).ImportedSymbols(index).Count == 0;
            library[i] = (byte)index;
            if (isIt) { return i; }
        }

        throw new InvalidOperationException("The version table was not found.");
    }
}
