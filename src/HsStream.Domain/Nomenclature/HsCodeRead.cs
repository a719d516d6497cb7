namespace HsStream.Domain.Nomenclature;

/// <summary>What was read of one spelling.</summary>
/// <param name="NationalDigits">Digits behind the sixth, "" when there are none: "0030" of 8712.00.0030.</param>
/// <param name="Note">What was mended, for a report; null when nothing was.</param>
/// <param name="Error">Null when <paramref name="Code"/> is good; else a whole sentence with what arrived and what was expected.</param>
public readonly record struct HsCodeRead(HsCode Code, string NationalDigits, string? Note, string? Error);
