using HsStream.Benchmarks.Broker;

return args switch
{
    ["broker", .. var rest] => await BrokerBenchmark.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage:
          broker [--against HOST:PORT] [--against-pid PID] [--seconds N] [--out DIR]
              Measures the embedded broker in both durability modes, and another broker when given, beside the floor of this machine.
              Writes broker.md and broker.json to DIR (default benchmarks/results).
        """);
    return 2;
}
