using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Datasets.Import;

/// <param name="Line">Line of the file on which the row starts, from 1.</param>
/// <param name="Code">A subheading of the target edition.</param>
/// <param name="Time">Null when no column was mapped, as is <paramref name="Sequence"/>.</param>
public sealed record LabelledDescription(string Text, HsCode Code, long Line, DateTimeOffset? Time, long? Sequence);

/// <summary>A description without a label, to be classified or published.</summary>
public sealed record PlainDescription(string Text, long Line, DateTimeOffset? Time, long? Sequence);

/// <summary>A description with all that goes along when it is published.</summary>
/// <param name="Id">Null when the file has no column of ids, as are the others.</param>
/// <param name="DeclaredCode">As it stands in the file: nobody has looked whether it is a code.</param>
public sealed record PublishableDescription(
    string Text, long Line, string? Id, string? Source, string? DeclaredCode, DateTimeOffset? Time, IReadOnlyDictionary<string, string> Attributes);
