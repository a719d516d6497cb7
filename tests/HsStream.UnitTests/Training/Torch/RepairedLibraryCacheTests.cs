using HsStream.Training.Torch;
using Xunit;

namespace HsStream.UnitTests.Training.Torch;

public sealed class RepairedLibraryCacheTests
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 31))];

    [Fact]
    public void The_same_content_is_stored_once()
    {
        using var scratch = new Scratch();
        var cache = new RepairedLibraryCache(scratch.File("cache"));
        var path = cache.Store("lib.so", Content);
        var written = File.GetLastWriteTimeUtc(path);
        Assert.Equal(path, cache.Store("lib.so", Content));
        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
        Assert.NotEqual(path, cache.Store("lib.so", [1, 2, 3]));
    }

    [Fact]
    public void A_torn_or_altered_copy_is_replaced()
    {
        using var scratch = new Scratch();
        var cache = new RepairedLibraryCache(scratch.File("cache"));
        var path = cache.Store("lib.so", Content);
        File.WriteAllBytes(path, Content[..500]);
        Assert.Equal(Content, File.ReadAllBytes(cache.Store("lib.so", Content)));
    }

    [Fact]
    public void Writers_at_the_same_time_never_show_half_a_file_and_leave_nothing_behind()
    {
        using var scratch = new Scratch();
        Parallel.For(0, 16, _ =>
        {
            var path = new RepairedLibraryCache(scratch.File("cache")).Store("lib.so", Content);
            Assert.Equal(Content, File.ReadAllBytes(path));
        });
        Assert.Single(Directory.EnumerateFiles(scratch.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void It_is_open_to_its_owner_alone()
    {
        using var scratch = new Scratch();
        var path = new RepairedLibraryCache(scratch.File("cache")).Store("lib.so", Content);
        for (var folder = Path.GetDirectoryName(path)!; folder != scratch.Path; folder = Path.GetDirectoryName(folder)!)
        {
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(folder) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite));
        }
    }
}
