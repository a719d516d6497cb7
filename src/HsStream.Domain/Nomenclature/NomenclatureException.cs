namespace HsStream.Domain.Nomenclature;

/// <summary>A code or edition that does not exist was asked for. The message says what was expected and what arrived.</summary>
public sealed class NomenclatureException(string message) : Exception(message);
