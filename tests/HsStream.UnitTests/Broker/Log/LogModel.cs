using HsStream.Embedded.Broker.Log;

namespace HsStream.UnitTests.Broker.Log;

/// <summary>One appended batch or marker.</summary>
internal sealed record ModelBatch(
    long BaseOffset, string[] Values, long ProducerId = -1, short Epoch = -1, int Sequence = -1, bool Transactional = false, bool? Commit = null)
{
    public bool IsMarker => Commit is not null;

    public long NextOffset => BaseOffset + Math.Max(Values.Length, 1);

    public int LastSequence => Sequence + Values.Length - 1;
}

/// <summary>What a partition log must contain and show, computed the plain way from the list of all its batches.</summary>
internal sealed class LogModel
{
    public List<ModelBatch> Batches { get; private set; } = [];

    public long EndOffset => Batches is [.., var last] ? last.NextOffset : 0;

    public long LogStart { get; set; }

    public void CutAt(long endOffset) => Batches = [.. Batches.Where(batch => batch.NextOffset <= endOffset)];

    /// <summary>Epoch, next sequence and open transaction as the producer knows them.</summary>
    public (short Epoch, int NextSequence, bool IsOpen) Producer(long id)
    {
        var (epoch, next, open) = ((short)0, 0, false);
        foreach (var batch in Batches.Where(batch => batch.ProducerId == id))
        {
            if (batch.Epoch > epoch) { (epoch, next) = (batch.Epoch, 0); }

            if (batch.IsMarker) { open = false; } else { next = batch.LastSequence + 1; }

            if (batch.Transactional && !batch.IsMarker) { open = true; }
        }

        return (epoch, next, open);
    }

    /// <summary>The last batches of the producer's current epoch that the broker must recognise.</summary>
    public IEnumerable<ModelBatch> Recent(long id)
    {
        var epoch = Producer(id).Epoch;
        return Batches.Where(batch => batch.ProducerId == id && batch.Epoch == epoch && !batch.IsMarker).TakeLast(5);
    }

    public List<(long ProducerId, long FirstOffset)> OpenTransactions() => [.. Transactions().Where(t => t.Marker is null).Select(t => (t.ProducerId, t.First))];

    public long LastStable(long highWatermark) => Transactions()
        .Where(transaction => transaction.Marker is null || transaction.Marker.BaseOffset >= highWatermark)
        .Select(transaction => Math.Max(transaction.First, LogStart))
        .Append(highWatermark).Min();

    public List<(long Offset, string Value)> Visible(long from, long end, IsolationLevel isolation)
    {
        var aborted = Transactions().Where(transaction => transaction.Marker is { Commit: false }).ToList();
        return
        [
            .. Batches.Where(batch => !batch.IsMarker && batch.BaseOffset < end)
                .Where(batch => isolation == IsolationLevel.ReadUncommitted || !batch.Transactional || !aborted.Exists(transaction =>
                    transaction.ProducerId == batch.ProducerId && transaction.First <= batch.BaseOffset && batch.BaseOffset < transaction.Marker!.BaseOffset))
                .SelectMany(batch => batch.Values.Select((value, index) => (batch.BaseOffset + index, value)))
                .Where(record => record.Item1 >= from),
        ];
    }

    private List<(long ProducerId, long First, ModelBatch? Marker)> Transactions()
    {
        var found = new List<(long ProducerId, long First, ModelBatch? Marker)>();
        foreach (var batch in Batches.Where(batch => batch.Transactional))
        {
            var open = found.FindIndex(transaction => transaction.ProducerId == batch.ProducerId && transaction.Marker is null);
            if (batch.IsMarker && open >= 0)
            {
                found[open] = found[open] with { Marker = batch };
            }
            else if (!batch.IsMarker && open < 0)
            {
                found.Add((batch.ProducerId, batch.BaseOffset, null));
            }
        }

        return found;
    }
}
