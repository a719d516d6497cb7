namespace HsStream.Store.Schema;

/// <summary>Names of the tables, quoted for SQL.</summary>
internal sealed class LedgerTables(string schema)
{
    public string Schema { get; } = schema;

    public string Events { get; } = $"\"{schema}\".mt_events";

    public string Streams { get; } = $"\"{schema}\".mt_streams";

    public string Sequence { get; } = $"\"{schema}\".mt_events_sequence";

    public string Progression { get; } = $"\"{schema}\".mt_event_progression";

    public string Head { get; } = $"\"{schema}\".ledger_head";

    public string Seals { get; } = $"\"{schema}\".ledger_seals";

    public string Offsets { get; } = $"\"{schema}\".ledger_offsets";

    public string Checkpoints { get; } = $"\"{schema}\".ledger_checkpoints";
}
