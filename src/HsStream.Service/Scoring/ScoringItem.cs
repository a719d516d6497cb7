using HsStream.Domain.Messages;

namespace HsStream.Service.Scoring;

/// <param name="DescribedAt">Timestamp of the description's record.</param>
/// <param name="ReceivedAt">When it left the consumer, as <see cref="TimeProvider.GetTimestamp"/>.</param>
internal readonly record struct ScoringItem(ProductDescription Description, RecordPosition Origin, DateTimeOffset DescribedAt, long ReceivedAt);

/// <param name="Served">In the order of the items, one each.</param>
/// <param name="Shadows">Of the items in order, for any number of models.</param>
internal readonly record struct ScoredBatch(IReadOnlyList<Prediction> Served, IReadOnlyList<Prediction> Shadows);
