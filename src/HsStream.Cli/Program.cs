return await HsStream.Cli.CommandLine.RunAsync(args);
