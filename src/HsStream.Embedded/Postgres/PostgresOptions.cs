namespace HsStream.Embedded.Postgres;

/// <summary>Where the private PostgreSQL keeps its data and how it is reached.</summary>
public sealed record PostgresOptions
{
    /// <summary>The platform's data directory; the cluster lives in its folder <c>postgres</c>.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Port on 127.0.0.1; 0 takes a free one, another at each start.</summary>
    public int Port { get; init; }

    /// <summary>Folder with initdb, postgres and pg_ctl. Null searches PATH, then the packaged places, newest first.</summary>
    public string? BinDirectory { get; init; }

    /// <summary>Longest wait for the server to answer; crash recovery after a heavy load is included.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest wait for a fast shutdown, and once more for the immediate one that follows it.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
