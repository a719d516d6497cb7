namespace HsStream.Domain.Ledger;

/// <summary>
/// Marks the one property of an event that may be erased on request. The hash chain holds only a salted commitment to it,
/// so it can become null without a broken seal.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ErasableAttribute : Attribute;
