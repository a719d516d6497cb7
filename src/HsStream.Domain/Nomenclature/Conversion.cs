namespace HsStream.Domain.Nomenclature;

/// <summary>How codes of one edition and of another cover each other, seen from the one that is converted.</summary>
public enum CorrelationKind
{
    /// <summary>The other edition has no counterpart.</summary>
    None,
    OneToOne,

    /// <summary>Split: its goods went to several codes.</summary>
    OneToMany,

    /// <summary>Merged: its goods went to one code that holds others too.</summary>
    ManyToOne,

    /// <summary>Split, and at least one of the targets holds goods of others too.</summary>
    ManyToMany,
}

/// <summary>What a code of one edition is in another.</summary>
/// <param name="Candidates">Every counterpart: those whose own main counterpart is this code first, the same number before others, then ascending.</param>
public sealed record Conversion(
    HsCode Code, NomenclatureEdition From, NomenclatureEdition To, CorrelationKind Kind, IReadOnlyList<HsCode> Candidates)
{
    /// <summary>The one counterpart; null when there is none or the text of the goods would have to decide.</summary>
    public HsCode? Target => Candidates.Count == 1 ? Candidates[0] : null;

    public bool IsUnambiguous => Candidates.Count == 1;

    /// <summary>"1:1", "1:n", "n:1", "n:n", or "none".</summary>
    public string Relationship => Kind switch
    {
        CorrelationKind.OneToOne => "1:1",
        CorrelationKind.OneToMany => "1:n",
        CorrelationKind.ManyToOne => "n:1",
        CorrelationKind.ManyToMany => "n:n",
        _ => "none",
    };
}
