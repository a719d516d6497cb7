using Microsoft.Extensions.Logging;

namespace HsStream.UnitTests.Broker.Coordinator;

/// <summary>Keeps what is logged with an exception, and how often each event was logged.</summary>
internal sealed class FailureLog : ILoggerFactory, ILogger
{
    public List<Exception> Exceptions { get; } = [];

    public Dictionary<string, int> Events { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Events[eventId.Name!] = Events.GetValueOrDefault(eventId.Name!) + 1;
        if (exception is not null) { Exceptions.Add(exception); }
    }
}
