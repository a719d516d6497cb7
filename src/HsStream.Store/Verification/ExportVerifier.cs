using System.Text.Json;
using HsStream.Store.Chain;

namespace HsStream.Store.Verification;

/// <summary>Verifies an export without any database.</summary>
public static class ExportVerifier
{
    /// <param name="export">As <see cref="LedgerExporter"/> writes it.</param>
    /// <returns>Findings name the first event that is not what was sealed; a file that is no export is a finding, not an exception.</returns>
    public static async Task<VerifyReport> VerifyAsync(Stream export, VerifyOptions options, IProgress<VerifyProgress>? progress, CancellationToken cancellationToken)
    {
        var run = new Run(options);
        using var reader = new StreamReader(export, leaveOpen: true);
        for (var number = 1L; await reader.ReadLineAsync(cancellationToken) is { } line; number++)
        {
            if (line.Length == 0) { continue; }
            if (!run.Line(line, number)) { break; }
            progress?.Report(run.Progress);
        }

        return run.End();
    }

    private sealed class Run
    {
        private readonly Findings _findings;
        private readonly ChainCheck _chain;
        private readonly EventCheck _events;
        private string? _head;
        private long? _next;
        private long _to;
        private bool _isOfOneId;
        private bool _hasEnded;
        private readonly Dictionary<string, long> _versions = new(StringComparer.Ordinal);

        public Run(VerifyOptions options)
        {
            _findings = new Findings(options.MaxFindings);
            _chain = new ChainCheck(_findings, options.Head);
            _events = new EventCheck(_findings);
        }

        public VerifyProgress Progress => new(_chain.Last?.Number ?? 0, 0, _events.Events);

        /// <returns>False when reading on makes no sense.</returns>
        public bool Line(string text, long number)
        {
            try
            {
                using var document = JsonDocument.Parse(text);
                var line = document.RootElement;
                var kind = line.GetProperty("kind").GetString();
                if (_head is null && kind != "ledger-export") { return Damaged(number, "no header comes first"); }
                if (_hasEnded) { return Damaged(number, "there is more behind its end"); }
                switch (kind)
                {
                    case "ledger-export":
                        return Header(line, number);
                    case "seal":
                        _chain.Next(ExportLines.ReadSeal(line));
                        return true;
                    case "event":
                        Event(ExportLines.ReadEvent(line), line);
                        return true;
                    case "end":
                        return Ended(line, number);
                    default:
                        return Damaged(number, "it is of an unknown kind");
                }
            }
            catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException or OverflowException)
            {
                return Damaged(number, "it cannot be read");
            }
        }

        public VerifyReport End()
        {
            if (!_hasEnded) { _findings.Add(FindingKind.ExportDamaged, null, null, null, "The export has no end line: it was cut."); }
            if (_next is { } next && next <= _to) { Missing(next, _to); }
            if (_head is not null && _chain.Last?.Name != _head)
            {
                _findings.Add(FindingKind.HeadDiffers, _chain.Last?.Number, null, null, $"The export's header names the head {_head}; its seals end with {_chain.Last?.Name ?? "none"}.");
            }

            _chain.End();
            var elsewhere = 0;
            if (_isOfOneId) { _events.End(); }
            else { elsewhere = _events.WithoutText.Count; }
            return new VerifyReport(_chain.Seals, _events.Events, _events.Erased, elsewhere, _chain.Last?.Name, _findings.Kept, _findings.Count);
        }

        private bool Header(JsonElement line, long number)
        {
            if (_head is not null) { return Damaged(number, "it is a second header"); }
            if (line.GetProperty("format").GetInt32() != ExportLines.Format) { return Damaged(number, $"its format is not {ExportLines.Format}"); }
            _head = line.GetProperty("head").GetString();
            _isOfOneId = line.TryGetProperty("descriptionId", out _);
            if (!_isOfOneId) { (_next, _to) = (line.GetProperty("fromSequence").GetInt64(), line.GetProperty("toSequence").GetInt64()); }
            return true;
        }

        private void Event(VerifiedEvent stored, JsonElement line)
        {
            var seal = _chain.Last;
            if (seal is null || line.GetProperty("seal").GetInt64() != seal.Number)
            {
                _findings.Add(FindingKind.EventInserted, seal?.Number, stored.Sequence, stored.StreamId, $"Event {stored.Sequence} does not stand behind its seal.");
                return;
            }

            if (_next is { } next)
            {
                if (stored.Sequence > next) { Missing(next, stored.Sequence - 1); }
                if (stored.Sequence < next) { _findings.Add(FindingKind.EventInserted, seal.Number, stored.Sequence, stored.StreamId, $"Event {stored.Sequence} is there twice."); }
                _next = Math.Max(next, stored.Sequence + 1);
            }
            else
            {
                var version = _versions.GetValueOrDefault(stored.StreamId) + 1;
                for (var missing = version; missing < stored.Version; missing++)
                {
                    _findings.Add(FindingKind.EventMissing, seal.Number, null, stored.StreamId, $"Version {missing} of its stream is missing.");
                }

                _versions[stored.StreamId] = stored.Version;
            }

            Span<byte> leaf = stackalloc byte[Leaf.Bytes];
            _events.Read(stored, seal.Number, leaf);
            var root = MerkleTree.RootOf(leaf, checked((int)(stored.Sequence - seal.FirstSequence)), seal.Count, ExportLines.ReadProof(line));
            if (root is null || !root.AsSpan().SequenceEqual(seal.Root))
            {
                _findings.Add(FindingKind.EventAltered, seal.Number, stored.Sequence, stored.StreamId, $"Event {stored.Sequence} is not the one that was sealed, or its proof was altered.");
            }
            else if (Leaf.EventId(leaf) != stored.Id)
            {
                _findings.Add(FindingKind.EventAltered, seal.Number, stored.Sequence, stored.StreamId, $"The id of event {stored.Sequence} does not follow from its content.");
            }

            Restored(stored);
        }

        /// <summary>An erasure comes after what it erased, so a text that is there at that point was put back.</summary>
        private void Restored(VerifiedEvent stored)
        {
            if (Leaf.Read(stored.Json).Private is PrivatePart.Intact or PrivatePart.Wrong) { _withText.Add((stored.StreamId, stored.Version), stored.Sequence); }
            foreach (var (streamId, versions, erasedAt) in _events.Erasures)
            {
                foreach (var version in versions)
                {
                    if (_withText.TryGetValue((streamId, version), out var sequence))
                    {
                        _findings.Add(FindingKind.TextRestored, null, sequence, streamId, $"Event {sequence} has a text that event {erasedAt} says was erased.");
                    }
                }
            }

            _events.Erasures.Clear();
        }

        private readonly Dictionary<(string StreamId, long Version), long> _withText = [];

        private bool Ended(JsonElement line, long number)
        {
            _hasEnded = true;
            return (line.GetProperty("seals").GetInt64() == _chain.Seals && line.GetProperty("events").GetInt64() == _events.Events)
                || Damaged(number, $"it counts other lines than there are ({_chain.Seals} seals, {_events.Events} events)");
        }

        private void Missing(long from, long to)
        {
            for (var sequence = from; sequence <= to && sequence < from + 1_000; sequence++)
            {
                _findings.Add(FindingKind.EventMissing, _chain.Last?.Number, sequence, null, $"Event {sequence} is missing.");
            }
        }

        private bool Damaged(long number, string why)
        {
            _findings.Add(FindingKind.ExportDamaged, null, null, null, $"Line {number} of the export is damaged: {why}.");
            return false;
        }
    }
}
