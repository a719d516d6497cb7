using System.Security.Cryptography;
using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using HsStream.Streaming.DeadLetters;
using HsStream.Streaming.Processing;

namespace HsStream.Service.Ledger;

/// <summary>From a record of any topic to what it tells the ledger. What cannot be decoded is told as unreadable, never left out.</summary>
internal sealed class FactReader(MessageCodecs codecs)
{
    public async ValueTask<RecordedFact> ReadAsync(InputRecord record, CancellationToken cancellationToken)
    {
        var origin = new Origin(record.Position, record.Timestamp);
        try
        {
            return new RecordedFact(origin, await DecodeAsync(record, cancellationToken));
        }
        catch (RecordException e)
        {
            var hash = record.Value is null ? null : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(record.Value));
            return new RecordedFact(origin, new Fact.Unreadable(hash, record.Value?.Length ?? 0, e.Reason, e.Detail));
        }
    }

    private async ValueTask<Fact> DecodeAsync(InputRecord record, CancellationToken cancellationToken) => record.Topic switch
    {
        Topics.Descriptions => new Fact.Described(await codecs.Descriptions.DecodeAsync(record, cancellationToken)),
        Topics.Predictions => new Fact.Predicted(await codecs.Predictions.DecodeAsync(record, cancellationToken)),
        Topics.ShadowPredictions => new Fact.ShadowPredicted(await codecs.Predictions.DecodeAsync(record, cancellationToken)),
        Topics.Corrections => new Fact.Corrected(await codecs.Corrections.DecodeAsync(record, cancellationToken)),
        Topics.Models => new Fact.ModelAnnounced(await codecs.Models.DecodeAsync(record, cancellationToken)),
        Topics.Experiments => new Fact.ExperimentAnnounced(await codecs.Experiments.DecodeAsync(record, cancellationToken)),
        Topics.Signals => new Fact.SignalRaised(await codecs.Signals.DecodeAsync(record, cancellationToken)),
        Topics.Retraining => new Fact.RetrainingRequested(await codecs.Retraining.DecodeAsync(record, cancellationToken)),
        Topics.DeadLetters => new Fact.DeadLettered(DeadLetterRecord.Read(record)),
        _ => throw new RecordException(DeadLetterReasons.InvalidField, $"expected a topic of HsStream, got {record.Topic}"),
    };
}
