using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Xunit;

namespace HsStream.UnitTests.Broker.Log;

internal enum Act
{
    Append,
    AppendIdempotent,
    Resend,
    AppendInTransaction,
    EndTransaction,
    Flush,
    Maintain,
    DeleteRecords,
    Read,
    PassTime,
    PowerLoss,
    ProcessDeath,
    CleanStop,
    CrashSoon,
    FillDisk,
}

/// <param name="Pick">Whatever the act needs to choose.</param>
internal readonly record struct Step(Act Act, int Pick);

/// <summary>Plays steps against a real log on a simulated disk and against the model, and compares them.</summary>
internal sealed class LogSimulation(Durability durability) : IDisposable
{
    private readonly LogFixture _fixture = new(durability, configs: [("internal.segment.bytes", "900"), ("index.interval.bytes", "200")]);
    private readonly LogModel _model = new();
    private long _value;

    // What must survive the present kind of crash: acknowledged and visible, or flushed by maintenance in page-cache mode.
    private long _floor;
    private long _lastStable;
    private ModelBatch? _inFlight;
    private long? _startInFlight;

    public async Task PlayAsync(IReadOnlyList<Step> steps)
    {
        foreach (var step in steps)
        {
            try
            {
                await DoAsync(step);
                CheckProgress();
            }
            catch (SimulatedCrashException)
            {
                Crash(step.Pick, losesPower: step.Pick % 3 != 0);
            }
        }

        Crash(1, losesPower: true);
    }

    public void Dispose() => _fixture.Dispose();

    private async Task DoAsync(Step step)
    {
        switch (step.Act)
        {
            case Act.Append:
                Append(new ModelBatch(_model.EndOffset, Values(step.Pick)));
                break;
            case Act.AppendIdempotent:
                AppendAs(1 + (step.Pick % 2), step.Pick, transactional: false);
                break;
            case Act.AppendInTransaction:
                AppendAs(10 + (step.Pick % 3), step.Pick, transactional: true);
                break;
            case Act.EndTransaction:
                EndTransaction(10 + (step.Pick % 3), step.Pick);
                break;
            case Act.Resend:
                Resend();
                break;
            case Act.Flush:
                _fixture.Manager.FlushOnce();
                break;
            case Act.Maintain:
                _fixture.Manager.MaintainOnce();
                if (durability == Durability.PageCache) { _floor = _model.EndOffset; }

                break;
            case Act.DeleteRecords:
                DeleteRecords(step.Pick);
                break;
            case Act.Read:
                CheckReads(1 + (step.Pick % 700));
                break;
            case Act.PassTime:
                _fixture.Time.Advance(TimeSpan.FromMinutes(step.Pick % 20));
                break;
            case Act.PowerLoss:
                Crash(step.Pick, losesPower: true);
                break;
            case Act.ProcessDeath:
                Crash(step.Pick, losesPower: false);
                break;
            case Act.CleanStop:
                await StopAsync();
                break;
            case Act.CrashSoon:
                _fixture.Disk.CrashAfter(1 + (step.Pick % 12));
                break;
            case Act.FillDisk:
                FillDisk(step.Pick);
                break;
        }
    }

    private string[] Values(int pick) => [.. Enumerable.Range(0, 1 + (pick % 4)).Select(i => $"{_value++}-{new string('x', pick % 150)}")];

    private void AppendAs(long producerId, int pick, bool transactional)
    {
        var (epoch, sequence, _) = _model.Producer(producerId);
        Append(new ModelBatch(_model.EndOffset, Values(pick), producerId, epoch, sequence, transactional));
    }

    private void Append(ModelBatch batch)
    {
        _inFlight = batch;
        var result = Send(batch);
        Assert.True(result.Error == ErrorCode.None, result.Message);
        Assert.Equal((batch.BaseOffset, batch.NextOffset), (result.BaseOffset, result.EndOffset));
        _model.Batches.Add(batch);
        _inFlight = null;
    }

    private AppendResult Send(ModelBatch batch) => batch.ProducerId < 0
        ? _fixture.Append(batch.Values)
        : _fixture.Log.Append(_fixture.Batch(batch.ProducerId, batch.Epoch, batch.Sequence, batch.Transactional, batch.Values), 9, null);

    private void EndTransaction(long producerId, int pick)
    {
        var commit = pick % 2 == 0;
        var epoch = (short)(_model.Producer(producerId).Epoch + (pick % 5 == 0 ? 1 : 0));
        var marker = new ModelBatch(_model.EndOffset, [], producerId, epoch, Transactional: true, Commit: commit);
        _inFlight = marker;
        Assert.Equal((ErrorCode.None, marker.BaseOffset), (_fixture.Log.AppendMarker(producerId, epoch, commit, 0) is var result ? result.Error : default, result.BaseOffset));
        _model.Batches.Add(marker);
        _inFlight = null;
    }

    /// <summary>Every batch that a producer may still have in flight is answered with the offset it got the first time.</summary>
    private void Resend()
    {
        var known = _fixture.Log.Segments[0].BaseOffset;
        foreach (var producer in (long[])[1, 2, 10, 11, 12])
        {
            foreach (var batch in _model.Recent(producer).Where(batch => batch.BaseOffset >= known))
            {
                var result = Send(batch);
                Assert.Equal((ErrorCode.None, batch.BaseOffset, batch.NextOffset), (result.Error, result.BaseOffset, result.EndOffset));
            }
        }

        Assert.Equal(_model.EndOffset, _fixture.Log.LogEndOffset);
    }

    private void DeleteRecords(int pick)
    {
        var target = _model.LogStart + ((_fixture.Log.LastStableOffset - _model.LogStart) * (pick % 11) / 10);
        _startInFlight = target;
        Assert.Equal((ErrorCode.None, target), _fixture.Log.DeleteRecords(target));
        _model.LogStart = target;
        _startInFlight = null;
    }

    private void FillDisk(int pick)
    {
        _fixture.Disk.FreeSpace = pick % 60;
        try
        {
            var result = _fixture.Append([.. Values(pick), new string('y', 60)]);
            Assert.Equal((ErrorCode.KafkaStorageError, -1), (result.Error, result.BaseOffset));
        }
        finally
        {
            _fixture.Disk.FreeSpace = SimulatedDisk.Plenty;
        }
    }

    private async Task StopAsync()
    {
        await _fixture.Manager.DisposeAsync();
        _fixture.Disk.ProcessDeath();
        Reopen(mustKeep: _model.EndOffset);
        Assert.Equal(_model.EndOffset, _fixture.Log.LogEndOffset);
    }

    private void Crash(int seed, bool losesPower)
    {
        if (durability == Durability.Fsync) { _floor = Math.Max(_floor, _fixture.Log.HighWatermark); }

        if (losesPower) { _fixture.Disk.PowerLoss(new Random(seed)); } else { _fixture.Disk.ProcessDeath(); }

        Reopen(losesPower ? _floor : _model.EndOffset, seed);
    }

    private void Reopen(long mustKeep, int seed = -1)
    {
        // The machine may well go down again while it recovers.
        for (var more = seed < 0 ? 0 : seed % 4; more > 0; more--)
        {
            _fixture.Disk.CrashAfter(1 + ((seed + (more * 7)) % 10));
            try
            {
                _fixture.Open();
                break;
            }
            catch (SimulatedCrashException)
            {
                if (mustKeep < _model.EndOffset) { _fixture.Disk.PowerLoss(new Random(seed + more)); } else { _fixture.Disk.ProcessDeath(); }
            }
        }

        _fixture.Disk.ProcessDeath();
        _fixture.Open();
        Assert.True(_fixture.Log.OfflineReason is null, _fixture.Log.OfflineReason);
        if (_inFlight is { } batch && _fixture.Log.LogEndOffset > _model.EndOffset) { _model.Batches.Add(batch); }

        if (_startInFlight is { } start && _fixture.Log.LogStartOffset == start) { _model.LogStart = start; }

        (_inFlight, _startInFlight) = (null, null);
        Assert.InRange(_fixture.Log.LogEndOffset, mustKeep, _model.EndOffset);
        _model.CutAt(_fixture.Log.LogEndOffset);
        Assert.Equal((_model.EndOffset, _model.EndOffset), (_fixture.Log.LogEndOffset, _fixture.Log.HighWatermark));
        (_floor, _lastStable) = (_model.EndOffset, 0);
        CheckProgress();
        CheckReads(1 << 20);
        Resend();
    }

    private void CheckProgress()
    {
        var (log, high) = (_fixture.Log, _fixture.Log.HighWatermark);
        Assert.Equal((_model.EndOffset, _model.LogStart), (log.LogEndOffset, log.LogStartOffset));
        if (durability == Durability.PageCache) { Assert.Equal(_model.EndOffset, high); }

        Assert.Equal(_model.LastStable(high), log.LastStableOffset);
        Assert.True(log.LastStableOffset >= _lastStable, "The last stable offset never goes back.");
        _lastStable = log.LastStableOffset;
        Assert.Equal(_model.OpenTransactions().Order(), log.OpenTransactions().Select(open => (open.ProducerId, open.FirstOffset)).Order());
    }

    private void CheckReads(int maxBytes)
    {
        var (log, start) = (_fixture.Log, _model.LogStart);
        Assert.Equal(_model.Visible(start, log.HighWatermark, IsolationLevel.ReadUncommitted), _fixture.ReadAll(start, IsolationLevel.ReadUncommitted, maxBytes));
        Assert.Equal(_model.Visible(start, log.LastStableOffset, IsolationLevel.ReadCommitted), _fixture.ReadAll(start, IsolationLevel.ReadCommitted, maxBytes));
    }
}
