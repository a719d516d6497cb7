using HsStream.Benchmarks.Broker;
using HsStream.Benchmarks.Pipeline;
using HsStream.Benchmarks.Scoring;

return args switch
{
    ["broker", .. var rest] => await BrokerBenchmark.RunAsync(rest),
    ["encoder", .. var rest] => EncoderBenchmark.Measure(rest),
    ["pipeline", .. var rest] => await PipelineBenchmark.RunAsync(rest),
    ["at-least-once", .. var rest] => await AtLeastOnceWorker.RunAsync(rest),
    ["scorer", .. var rest] => ScorerBenchmark.Measure(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage:
          broker [--against HOST:PORT] [--against-pid PID] [--seconds N] [--out DIR]
              Measures the embedded broker in both durability modes, and another broker when given, beside the floor of this machine.
              Writes broker.md and broker.json to DIR (default benchmarks/results).
          encoder [--out DIR]
              Measures the encoder beside a plain hash of the same bytes. Writes encoder.md and encoder.json.
          scorer [--bundle DIR] [--seconds N] [--out DIR]
              Measures a bundle, or a model of random weights and a realistic size, beside bare runs of its graph. Writes scorer.md and scorer.json.
          pipeline [--records N] [--seconds N] [--only PART,...] [--bundle DIR] [--against HOST:PORT] [--registry URL] [--postgres CONNECTION] [--out DIR]
              Measures the whole pipeline beside the scorer alone, the ledger beside a bare COPY, latency, memory and cold start, on the embedded
              broker or another cluster, whose topics hs.* are deleted. Writes pipeline.md and pipeline.json.
        """);
    return 2;
}
