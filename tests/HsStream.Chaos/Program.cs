using HsStream.Chaos;
using HsStream.Chaos.Pipeline;

return args switch
{
    ["diff", .. var rest] => await DiffVerb.RunAsync(rest),
    ["serve", .. var rest] => await ServeVerb.RunAsync(rest),
    ["pipeline", .. var rest] => await PipelineVerb.RunAsync(rest),
    ["check", .. var rest] => await PipelineVerb.CheckAsync(rest),
    ["kill", .. var rest] => await KillVerb.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage:
          serve --data-dir DIR [--port P] [--durability fsync|page-cache] [--reserve BYTES]
              Runs the broker alone until SIGTERM.
          kill [--rounds N] [--seed N] [--durability fsync|page-cache]
              Kills a broker process N times under load and checks every promise it made.
          pipeline [--rounds N] [--records N] [--seed N] [--faults NAME,...] [--scorers N] [--ledgers N] [--models DIR] [--data-dir DIR]
                   [--against HOST:PORT] [--registry URL] [--postgres CONNECTION] [--kill-command COMMAND]
              Publishes descriptions while faults strike scorers, ledgers and servers, then checks topics and ledger.
              Servers given by address (or HSSTREAM_TEST_KAFKA) are not struck, but by the command; their topics hs.* are deleted.
          check --bootstrap-servers HOST:PORT --registry URL [--postgres CONNECTION] [--marked yes]
              Checks topics and ledger of a pipeline at rest.
          diff A B [--seed N] [--scripts N]
              Plays generated requests to the brokers at A and B (host:port) and compares the answers.
          diff A --record FILE     Keeps A's answers.
          diff B --replay FILE     Compares B's answers with those kept.
          diff --known             Lists what the embedded broker does otherwise than Apache Kafka on purpose.
        """);
    return 2;
}
