using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;

namespace HsStream.Domain.ModelLifecycle;

/// <param name="Version">Events so far.</param>
/// <param name="Facts">Null until registered here.</param>
/// <param name="Stage">Null until registered here.</param>
/// <param name="HasServed">Was champion at some time.</param>
/// <param name="Announced">The newest announcement in <c>hs.models</c>; null when there was none.</param>
public sealed record ModelState(long Version, ModelFacts? Facts, ModelStage? Stage, bool HasServed, ModelVersion? Announced, Origin? AnnouncedAt)
{
    public static ModelState Initial { get; } = new(0, null, null, false, null, null);
}
