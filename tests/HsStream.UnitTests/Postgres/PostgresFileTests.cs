using HsStream.Embedded.Postgres;
using Xunit;

namespace HsStream.UnitTests.Postgres;

public sealed class PostgresFileTests
{
    [Theory]
    [InlineData("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15, 18)]
    [InlineData("initdb (PostgreSQL) 18beta1", 18, 0)]
    [InlineData("pg_ctl (PostgreSQL) 9.6.24", 9, 6)]
    public void The_version_is_read_from_what_a_program_prints(string text, int major, int minor) =>
        Assert.Equal(new Version(major, minor), ServerBinaries.Parse(text));

    [Fact]
    public void Another_program_s_version_is_not_taken_for_one() => Assert.Null(ServerBinaries.Parse("postgres 3.1"));

    [Fact]
    public void A_lock_file_of_a_ready_server_is_read() =>
        Assert.Equal(new PostmasterFile(4711, IsReady: true), PostmasterFile.Parse("4711\n/data\n1700000000\n54320\n\n127.0.0.1\n  123  456\nready   \n"));

    [Fact]
    public void A_starting_server_is_not_ready() =>
        Assert.Equal(new PostmasterFile(4711, IsReady: false), PostmasterFile.Parse("4711\n/data\n1700000000\n54320\n\n127.0.0.1\n  123  456\nstarting\n"));

    [Theory]
    [InlineData("")]
    [InlineData("garbage\n/data\n")]
    public void An_incomplete_lock_file_names_nobody(string text) => Assert.Null(PostmasterFile.Parse(text));

    [Fact]
    public void A_single_user_server_writes_its_id_negative() => Assert.Equal(12, PostmasterFile.Parse("-12\n/data\n")!.ProcessId);
}
