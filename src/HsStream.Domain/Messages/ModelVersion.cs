using HsStream.Domain.Nomenclature;

namespace HsStream.Domain.Messages;

/// <summary>Where one model stands in its life; see <c>schemas/ModelVersion.avsc</c>.</summary>
public sealed record ModelVersion
{
    /// <summary><c>sha256:</c> and 64 hexadecimal digits.</summary>
    public required string Version { get; init; }

    public required ModelStage Stage { get; init; }

    /// <summary>Number of the last event of the model's stream that this tells; rises by the event.</summary>
    public required long Revision { get; init; }

    public required string Architecture { get; init; }

    public required string EncoderHash { get; init; }

    public required NomenclatureEdition Edition { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    public required string ChangedBy { get; init; }

    public required string Reason { get; init; }

    public string? Evidence { get; init; }

    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();
}

public enum ModelStage
{
    Trained,
    Candidate,

    /// <summary>Scores beside the champion; filing never sees it.</summary>
    Shadow,

    /// <summary>Serves a share of the descriptions.</summary>
    Experiment,

    /// <summary>Serves. The last one in offset order when several say so.</summary>
    Champion,
    Retired,
}
