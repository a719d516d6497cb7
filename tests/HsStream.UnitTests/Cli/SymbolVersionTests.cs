using HsStream.Cli.Doctor;
using Xunit;

namespace HsStream.UnitTests.Cli;

public sealed class SymbolVersionTests
{
    [Fact]
    public void The_newest_symbol_version_of_a_library_is_found() =>
        Assert.Equal(30, SoftwareChecks.NewestSymbolVersion("x\0GLIBCXX_3.4\0GLIBCXX_3.4.9\0GLIBCXX_3.4.30\0GLIBCXX_3.4.29\0GLIBCXX_3.4."u8));

    [Fact]
    public void A_library_without_symbol_versions_has_none() => Assert.Equal(0, SoftwareChecks.NewestSymbolVersion("GLIBC_2.36\0"u8));
}
