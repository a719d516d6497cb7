namespace HsStream.Training.Datasets.Import;

/// <summary>Why a row was left out; written in reports as words with hyphens.</summary>
public enum RejectReason
{
    EmptyText,
    LongText,
    InvalidUtf8,
    NulByte,
    EmptyCode,
    BadCode,
    ShortCode,
    UnknownCode,
    AmbiguousCode,
    NoCounterpart,
    BadTime,
    BadSequence,
    BadId,
    MissingColumn,
    ExtraColumns,
    BadQuotes,
    BadJson,
    LongRow,
    DamagedFile,
}

/// <param name="Line">Line of the file on which the row starts, from 1.</param>
/// <param name="Column">Name or position; "" when the row as a whole is meant.</param>
/// <param name="Arrived">What stood there, shortened; bytes that are no text as \xNN.</param>
public sealed record RejectedRow(long Line, string Column, RejectReason Reason, string Expected, string Arrived);

public static class RejectReasons
{
    private static readonly string[] Words = [.. Enum.GetNames<RejectReason>().Select(Hyphenate)];

    /// <returns>"invalid-utf8" for <see cref="RejectReason.InvalidUtf8"/>.</returns>
    public static string Word(this RejectReason reason) => Words[(int)reason];

    private static string Hyphenate(string name) =>
        string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
}
