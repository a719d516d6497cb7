using HsStream.Training.Torch;
using TorchSharp;
using Xunit;

namespace HsStream.UnitTests.Training.Torch;

public sealed class TorchRuntimeTests
{
    [Fact]
    public void Many_threads_may_load_it_at_once_and_then_compute()
    {
        Parallel.For(0, 8, _ => TorchRuntime.Load());
        using var scope = torch.NewDisposeScope();
        var product = torch.ones(2, 3).matmul(torch.ones(3, 2));
        Assert.Equal([3f, 3f, 3f, 3f], product.data<float>().ToArray());
    }

    [Fact]
    public void It_lies_in_one_folder_and_in_no_output_folder()
    {
        var found = LibTorchFolder.Find(null, AppContext.BaseDirectory);
        Assert.True(File.Exists(Path.Combine(found, "libtorch_cpu.so")));
        Assert.DoesNotContain("/bin/", found, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(AppContext.BaseDirectory, "lib*orch*.so", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_missing_library_is_told_with_the_places_that_were_looked_at()
    {
        using var scratch = new Scratch();
        var application = scratch.File("artifacts/bin/app");
        var e = Assert.Throws<TorchUnavailableException>(() => LibTorchFolder.Find(null, application));
        Assert.Contains(Path.Combine(application, "libtorch"), e.Message, StringComparison.Ordinal);
        Assert.Contains(scratch.File("artifacts/libtorch"), e.Message, StringComparison.Ordinal);
        Assert.Contains(LibTorchFolder.Variable, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_folder_beside_the_application_comes_before_that_of_the_build_and_a_named_one_before_both()
    {
        using var scratch = new Scratch();
        foreach (var folder in (string[])["artifacts/libtorch", "artifacts/bin/app/libtorch", "named"])
        {
            Directory.CreateDirectory(scratch.File(folder));
            File.WriteAllBytes(Path.Combine(scratch.File(folder), LibTorchFolder.TorchSharpLibrary), []);
        }

        var application = scratch.File("artifacts/bin/app");
        Assert.Equal(scratch.File("named"), LibTorchFolder.Find(scratch.File("named"), application));
        Assert.Equal(Path.Combine(application, "libtorch"), LibTorchFolder.Find("", application));
        Directory.Delete(Path.Combine(application, "libtorch"), recursive: true);
        Assert.Equal(scratch.File("artifacts/libtorch"), LibTorchFolder.Find(null, application));
    }

    [Fact]
    public void A_named_folder_without_the_library_is_not_replaced_by_another()
    {
        using var scratch = new Scratch();
        var e = Assert.Throws<TorchUnavailableException>(() => LibTorchFolder.Find(scratch.Path, AppContext.BaseDirectory));
        Assert.Contains($"in {scratch.Path}.", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("libc10.so")]
    [InlineData(LibTorchFolder.TorchSharpLibrary)]
    public void A_damaged_library_is_named(string library)
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch.File(library), "not a library");
        var e = Assert.Throws<TorchUnavailableException>(() => TorchRuntime.LoadFrom(scratch.Path));
        Assert.StartsWith(scratch.File(library), e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }
}
