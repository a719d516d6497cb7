namespace HsStream.Cli.Up;

/// <summary>Some roles that run together, in this process or in one of their own, and are started again when they end.</summary>
internal interface IRoleUnit : IAsyncDisposable
{
    /// <summary>Such as <c>scorer</c>, or all of them with commas.</summary>
    string Roles { get; }

    /// <summary>Health and metrics; null while it is being started again.</summary>
    Uri? Url { get; }

    /// <summary>Starts it and returns once it runs; from then on it is kept running until it is disposed.</summary>
    /// <exception cref="OperatorException">It cannot be started at all: a wrong setting, a taken port.</exception>
    Task StartAsync(CancellationToken cancellationToken);
}
