using HsStream.Domain.Messages;

namespace HsStream.Service.Scoring.Models;

/// <summary>The models that serve now, all loaded. Immutable; another plan takes its place as a whole.</summary>
/// <param name="Experiment">Null when none runs or its candidate is not loaded; then the champion serves everything.</param>
internal sealed record ServingPlan(LoadedModel Champion, Experiment? Experiment, LoadedModel? Candidate, IReadOnlyList<LoadedModel> Shadows)
{
    public IEnumerable<LoadedModel> Models => Candidate is null ? [Champion, .. Shadows] : [Champion, Candidate, .. Shadows];

    public bool IsSame(ServingPlan? other) =>
        other is not null && Champion == other.Champion && Experiment == other.Experiment && Candidate == other.Candidate && Shadows.SequenceEqual(other.Shadows);

    public bool TryHold()
    {
        var held = new List<LoadedModel>();
        foreach (var model in Models)
        {
            if (!model.TryHold())
            {
                held.ForEach(one => one.Release());
                return false;
            }

            held.Add(model);
        }

        return true;
    }

    public void Release()
    {
        foreach (var model in Models) { model.Release(); }
    }
}
