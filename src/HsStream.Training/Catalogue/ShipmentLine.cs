using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Catalogue;

/// <param name="Row">From 0.</param>
/// <param name="Label">The code that is declared: the true one, unless label noise put another.</param>
/// <param name="Code">The true code, of <paramref name="Edition"/>.</param>
public readonly record struct ShipmentLine(
    long Row, string Id, string Shipper, DateTimeOffset Time, string Description, HsCode Label, HsCode Code, NomenclatureEdition Edition, ScenarioKinds Scenarios);
