using HsStream.Chaos.Load;
using HsStream.Chaos.Processes;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Faults;

/// <summary>kill -9 under load, briefly; <c>make chaos-broker</c> is the long version.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("fsync", 4)]
    [InlineData("page-cache", 2)]
    public async Task Nothing_acknowledged_is_lost_doubled_or_torn_when_the_broker_is_killed(string durability, int rounds)
    {
        using var directory = new TemporaryDirectory();
        var text = new StringWriter();
        var verdict = await new KillRun(directory.Path, new BrokerProcessOptions { Durability = durability }, rounds, seed: 42, text).RunAsync(TestContext.Current.CancellationToken);
        output.WriteLine(text.ToString());
        Assert.True(verdict.IsClean, text.ToString());
    }
}
