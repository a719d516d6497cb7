namespace HsStream.Embedded.Postgres;

/// <summary>The settings of a private server on one machine; everything else is PostgreSQL's default.</summary>
/// <remarks>ALTER SYSTEM wins over these, as its file is read later. The port comes on the command line.</remarks>
internal static class ServerSettings
{
    public const string FileName = "hsstream.conf";

    /// <summary>Appended once to the cluster's own postgresql.conf.</summary>
    public const string Include = $"\n# HsStream's settings; rewritten at each start.\ninclude '{FileName}'\n";

    /// <summary>Relative to the data directory, so that the cluster can be moved.</summary>
    public const string LogDirectory = "../log";

    public const string Text = $"""
        # Written by HsStream at each start. Use ALTER SYSTEM to override.
        listen_addresses = '127.0.0.1'
        unix_socket_directories = ''      # no socket: its path would be limited to 107 bytes
        password_encryption = 'scram-sha-256'
        max_connections = 100
        shared_buffers = 128MB
        fsync = on
        synchronous_commit = on
        full_page_writes = on
        wal_level = replica
        max_wal_size = 1GB
        checkpoint_timeout = 15min
        random_page_cost = 1.1            # solid-state disks
        jit = off                         # short statements; compiling costs more than it saves
        timezone = 'UTC'
        log_timezone = 'UTC'
        lc_messages = 'C'                 # start-up errors are read by HsStream
        cluster_name = 'hsstream'
        # A week of logs, one file a day, each overwritten a week later.
        logging_collector = on
        log_directory = '{LogDirectory}'
        log_filename = 'postgres-%a.log'
        log_rotation_age = 1d
        log_rotation_size = 0
        log_truncate_on_rotation = on
        log_line_prefix = '%m [%p] '
        log_checkpoints = off

        """;
}
