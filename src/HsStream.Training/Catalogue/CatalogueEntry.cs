using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Catalogue;

/// <summary>How the trade names the goods of one subheading.</summary>
/// <param name="Code">Of HS 2022.</param>
/// <param name="Phrases">Lower case, single spaces.</param>
/// <param name="NovelPhrases">New names of the same goods, kept back for the generator's new vocabulary; often none.</param>
public sealed record CatalogueEntry(HsCode Code, IReadOnlyList<string> Phrases, IReadOnlyList<string> NovelPhrases);
