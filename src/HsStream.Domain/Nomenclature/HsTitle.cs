namespace HsStream.Domain.Nomenclature;

/// <param name="Of">The code the title was written for: the one asked for or one above it.</param>
public readonly record struct HsTitle(HsCode Of, string Text);
