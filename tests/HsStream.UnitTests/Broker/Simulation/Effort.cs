using System.Globalization;

namespace HsStream.UnitTests.Broker.Simulation;

/// <summary>How many random histories a simulation plays: few in every run, more in <c>make chaos-broker</c>.</summary>
internal static class Effort
{
    private static readonly int Factor =
        int.TryParse(Environment.GetEnvironmentVariable("HSSTREAM_TEST_EFFORT"), NumberStyles.None, CultureInfo.InvariantCulture, out var factor) ? Math.Max(1, factor) : 1;

    public static int Times(int usual) => checked(usual * Factor);
}
