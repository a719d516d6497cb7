using HsStream.Service;

return await StandAlone.RunAsync(args, Console.Out, Console.Error);
