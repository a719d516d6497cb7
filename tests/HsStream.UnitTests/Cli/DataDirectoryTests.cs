using HsStream.Cli;
using Xunit;

namespace HsStream.UnitTests.Cli;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("hsstream-unit-").FullName;

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void A_new_folder_gets_the_version_and_is_free_again_after_use()
    {
        using (DataDirectory.Take(_path)) { Assert.Throws<OperatorException>(() => DataDirectory.Take(_path)); }
        Assert.Equal("1", File.ReadAllText(Path.Combine(_path, "VERSION")).Trim());
        DataDirectory.Take(_path).Dispose();
    }

    [Fact]
    public void A_new_folder_is_closed_to_other_users()
    {
        var path = Path.Combine(_path, "parent", "data");
        DataDirectory.Take(path).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_first_start_that_was_cut_short_is_continued()
    {
        File.WriteAllText(Path.Combine(_path, "up.lock"), "");
        DataDirectory.Take(_path).Dispose();
    }

    [Theory]
    [InlineData("2", "newer HsStream")]
    [InlineData("0", "expected the layout number")]
    [InlineData("one", "expected the layout number")]
    [InlineData("", "expected the layout number")]
    public void Another_version_is_refused(string version, string reason)
    {
        File.WriteAllText(Path.Combine(_path, "VERSION"), version);
        Assert.Contains(reason, Assert.Throws<OperatorException>(() => DataDirectory.Take(_path)).Message, StringComparison.Ordinal);
    }
}
