using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;
using HsStream.Domain.Nomenclature;

namespace HsStream.Domain.ModelLifecycle;

/// <summary>What happened to one model version.</summary>
public abstract record ModelEvent
{
    private ModelEvent() { }

    public sealed record Registered(ModelFacts Facts, Mandate Mandate, DateTimeOffset At) : ModelEvent;

    public sealed record ShadowStarted(Mandate Mandate, DateTimeOffset At) : ModelEvent;

    public sealed record Promoted(Mandate Mandate, DateTimeOffset At) : ModelEvent;

    public sealed record Reinstated(Mandate Mandate, DateTimeOffset At) : ModelEvent;

    public sealed record Retired(string? SupersededBy, Mandate Mandate, DateTimeOffset At) : ModelEvent;

    public sealed record Announced(ModelVersion Model, Origin Origin) : ModelEvent;
}

/// <summary>What a bundle's manifest says of the model.</summary>
/// <param name="Version"><c>sha256:</c> and 64 hexadecimal digits: the content hash of the bundle.</param>
/// <param name="Metrics">As measured in training, by name.</param>
/// <param name="Training">What it was trained on: data set, high-water mark, split, seed, code commit and the like, by name.</param>
public sealed record ModelFacts(
    string Version, string Architecture, string EncoderHash, NomenclatureEdition Edition,
    IReadOnlyDictionary<string, double> Metrics, IReadOnlyDictionary<string, string> Training);
