using HsStream.Chaos;

return args switch
{
    ["diff", .. var rest] => await DiffVerb.RunAsync(rest),
    ["serve", .. var rest] => await ServeVerb.RunAsync(rest),
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
          diff A B [--seed N] [--scripts N]
              Plays generated requests to the brokers at A and B (host:port) and compares the answers.
          diff A --record FILE     Keeps A's answers.
          diff B --replay FILE     Compares B's answers with those kept.
          diff --known             Lists what the embedded broker does otherwise than Apache Kafka on purpose.
        """);
    return 2;
}
