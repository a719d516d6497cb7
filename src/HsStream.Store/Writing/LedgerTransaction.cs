using System.Buffers;
using HsStream.Store.Chain;
using HsStream.Store.Events;
using HsStream.Store.Schema;
using Npgsql;
using NpgsqlTypes;

namespace HsStream.Store.Writing;

/// <summary>The statements of one transaction, in their order: lock, compare, (decide), copy, seal, commit.</summary>
internal static class LedgerTransaction
{
    /// <summary>Takes the head and checks the offsets.</summary>
    /// <exception cref="OffsetConflictException">Another writer has been here.</exception>
    public static async Task<ChainHead> LockAsync(
        NpgsqlConnection connection, LedgerTables tables, IReadOnlyList<OffsetAdvance> advances, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        // A client that vanished without closing its connection must not hold the head for ever.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("set local idle_in_transaction_session_timeout = '60s'"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("set local lock_timeout = '45s'"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"select number, sequence, hash from {tables.Head} where id = 1 for update"));
        var offsets = new NpgsqlBatchCommand($"select topic, partition, next_offset from {tables.Offsets} where (topic, partition) in (select * from unnest($1, $2))");
        offsets.Parameters.Add(new NpgsqlParameter { Value = advances.Select(a => a.Topic).ToArray() });
        offsets.Parameters.Add(new NpgsqlParameter { Value = advances.Select(a => a.Partition).ToArray() });
        batch.BatchCommands.Add(offsets);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) { throw new LedgerTamperedException("The chain's head row is missing; run verify."); }
        var head = new ChainHead(reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2));
        await reader.NextResultAsync(cancellationToken);
        var stored = advances.ToDictionary(a => (a.Topic, a.Partition), _ => 0L);
        while (await reader.ReadAsync(cancellationToken)) { stored[(reader.GetString(0), reader.GetInt32(1))] = reader.GetInt64(2); }
        return advances.All(a => stored[(a.Topic, a.Partition)] == a.Expected) ? head : throw new OffsetConflictException(advances, stored);
    }

    /// <summary>Writes everything that the session holds; the caller commits.</summary>
    public static async Task<Seal> WriteAsync(
        LedgerSession session, LedgerTables tables, EventCodec codec, IReadOnlyList<OffsetAdvance> advances, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (connection, head, pending) = (session.Connection, session.Head, session.Pending);
        var streams = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var item in pending) { streams[item.StreamId] = item.Version; }
        var leaves = ArrayPool<byte>.Shared.Rent(Math.Max(1, pending.Count * Leaf.Bytes));
        try
        {
            await CopyStreamsAsync(connection, tables, [.. streams.Where(s => session.IsNew(s.Key))], now, cancellationToken);
            await CopyEventsAsync(connection, tables, codec, head.Sequence, pending, now, leaves, cancellationToken);
            var sealedLeaves = leaves.AsMemory(0, pending.Count * Leaf.Bytes);
            var seal = Seal.Create(head.Number + 1, head.Sequence + 1, pending.Count, now, OffsetAdvance.Text(advances), MerkleTree.Root(sealedLeaves.Span), head.Hash);
            await using var batch = new NpgsqlBatch(connection);
            AddStreamVersions(batch, tables, [.. streams.Where(s => !session.IsNew(s.Key))], now);
            AddErasures(batch, tables, session.Erasures);
            AddOffsets(batch, tables, advances, now);
            AddSeal(batch, tables, seal, sealedLeaves);
            await batch.ExecuteNonQueryAsync(cancellationToken);
            return seal;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(leaves);
        }
    }

    /// <summary>Lets Marten's sequence follow. After the commit: the number of an event that was rolled back must not be skipped by its daemon.</summary>
    public static async Task FollowSequenceAsync(NpgsqlConnection connection, LedgerTables tables, long sequence, CancellationToken cancellationToken)
    {
        if (sequence < 1) { return; }
        await using var command = new NpgsqlCommand($"select setval('{tables.Sequence}', greatest((select last_value from {tables.Sequence}), $1))", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = sequence });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task CopyStreamsAsync(
        NpgsqlConnection connection, LedgerTables tables, List<KeyValuePair<string, long>> streams, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (streams.Count == 0) { return; }
        await using var copy = await connection.BeginBinaryImportAsync($"copy {tables.Streams} (id, version, \"timestamp\", created) from stdin (format binary)", cancellationToken);
        foreach (var (streamId, version) in streams)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(streamId, NpgsqlDbType.Varchar, cancellationToken);
            await copy.WriteAsync(version, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(now.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(now.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static async Task CopyEventsAsync(
        NpgsqlConnection connection, LedgerTables tables, EventCodec codec, long sequence, IReadOnlyList<PendingEvent> pending, DateTimeOffset now,
        byte[] leaves, CancellationToken cancellationToken)
    {
        if (pending.Count == 0) { return; }
        using var buffer = new EncodeBuffer();
        await using var copy = await connection.BeginBinaryImportAsync(
            $"copy {tables.Events} (seq_id, id, stream_id, version, data, type, \"timestamp\") from stdin (format binary)", cancellationToken);
        for (var i = 0; i < pending.Count; i++)
        {
            var item = pending[i];
            var encoded = codec.Encode(item.Fact, buffer);
            var leaf = leaves.AsMemory(i * Leaf.Bytes, Leaf.Bytes);
            Leaf.Hash(++sequence, item.StreamId, item.Version, encoded.Type, now, encoded.DataHash, leaf.Span);
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(sequence, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(Leaf.EventId(leaf.Span), NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(item.StreamId, NpgsqlDbType.Varchar, cancellationToken);
            await copy.WriteAsync(item.Version, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(encoded.Json, NpgsqlDbType.Jsonb, cancellationToken);
            await copy.WriteAsync(encoded.Type, NpgsqlDbType.Varchar, cancellationToken);
            await copy.WriteAsync(now.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static void AddStreamVersions(NpgsqlBatch batch, LedgerTables tables, List<KeyValuePair<string, long>> streams, DateTimeOffset now)
    {
        if (streams.Count == 0) { return; }
        var update = new NpgsqlBatchCommand(
            $"update {tables.Streams} s set version = u.version, \"timestamp\" = $3 from unnest($1, $2) as u (id, version) where s.id = u.id");
        update.Parameters.Add(new NpgsqlParameter { Value = streams.Select(s => s.Key).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Varchar });
        update.Parameters.Add(new NpgsqlParameter { Value = streams.Select(s => s.Value).ToArray() });
        update.Parameters.Add(new NpgsqlParameter { Value = now.UtcDateTime });
        batch.BatchCommands.Add(update);
    }

    private static void AddErasures(NpgsqlBatch batch, LedgerTables tables, IReadOnlyList<(string StreamId, IReadOnlyList<long> Versions)> erasures)
    {
        foreach (var (streamId, versions) in erasures)
        {
            var update = new NpgsqlBatchCommand($"update {tables.Events} set data = data - '{LedgerJson.Private}' where stream_id = $1 and version = any($2)");
            update.Parameters.Add(new NpgsqlParameter { Value = streamId });
            update.Parameters.Add(new NpgsqlParameter { Value = versions.ToArray() });
            batch.BatchCommands.Add(update);
        }
    }

    private static void AddOffsets(NpgsqlBatch batch, LedgerTables tables, IReadOnlyList<OffsetAdvance> advances, DateTimeOffset now)
    {
        if (advances.Count == 0) { return; }
        var upsert = new NpgsqlBatchCommand(
            $"""
            insert into {tables.Offsets} (topic, partition, next_offset, updated_at) select t, p, o, $4 from unnest($1, $2, $3) as u (t, p, o)
            on conflict (topic, partition) do update set next_offset = excluded.next_offset, updated_at = excluded.updated_at
            """);
        upsert.Parameters.Add(new NpgsqlParameter { Value = advances.Select(a => a.Topic).ToArray() });
        upsert.Parameters.Add(new NpgsqlParameter { Value = advances.Select(a => a.Partition).ToArray() });
        upsert.Parameters.Add(new NpgsqlParameter { Value = advances.Select(a => a.Next).ToArray() });
        upsert.Parameters.Add(new NpgsqlParameter { Value = now.UtcDateTime });
        batch.BatchCommands.Add(upsert);
    }

    private static void AddSeal(NpgsqlBatch batch, LedgerTables tables, Seal seal, ReadOnlyMemory<byte> leaves)
    {
        var insert = new NpgsqlBatchCommand(
            $"""
            insert into {tables.Seals} (number, first_sequence, event_count, sealed_at, advances, root, previous, hash, leaves)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """);
        object[] values = [seal.Number, seal.FirstSequence, seal.Count, seal.SealedAt.UtcDateTime, seal.Advances, seal.Root, seal.Previous, seal.Hash];
        foreach (var value in values) { insert.Parameters.Add(new NpgsqlParameter { Value = value }); }
        insert.Parameters.Add(new NpgsqlParameter { Value = leaves, NpgsqlDbType = NpgsqlDbType.Bytea });
        batch.BatchCommands.Add(insert);
        var update = new NpgsqlBatchCommand($"update {tables.Head} set number = $1, sequence = $2, hash = $3 where id = 1");
        update.Parameters.Add(new NpgsqlParameter { Value = seal.Number });
        update.Parameters.Add(new NpgsqlParameter { Value = seal.LastSequence });
        update.Parameters.Add(new NpgsqlParameter { Value = seal.Hash });
        batch.BatchCommands.Add(update);
    }
}
