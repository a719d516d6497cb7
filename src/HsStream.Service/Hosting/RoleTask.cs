namespace HsStream.Service.Hosting;

/// <summary>Work that runs as long as the process; its failure ends the process, so that the work moves elsewhere.</summary>
internal sealed record RoleTask(string Name, Func<CancellationToken, Task> RunAsync);
