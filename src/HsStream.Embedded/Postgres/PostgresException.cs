namespace HsStream.Embedded.Postgres;

/// <summary>The private PostgreSQL cannot run. The message is one line for the operator: what, where, what was expected.</summary>
public sealed class PostgresException : Exception
{
    public PostgresException() { }

    public PostgresException(string message) : base(message) { }

    public PostgresException(string message, Exception innerException) : base(message, innerException) { }
}
