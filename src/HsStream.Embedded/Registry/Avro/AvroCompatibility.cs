using System.Runtime.CompilerServices;

namespace HsStream.Embedded.Registry.Avro;

internal enum AvroIncompatibility
{
    NameMismatch, FixedSizeMismatch, MissingEnumSymbols, ReaderFieldMissingDefaultValue, TypeMismatch, MissingUnionBranch,
}

/// <param name="Path">JSON pointer into the reader's schema.</param>
/// <param name="Detail">What was expected, or the names that are missing.</param>
internal sealed record AvroMismatch(AvroIncompatibility Kind, string Path, string Detail);

/// <summary>Decides whether data written with one schema can be read with another.</summary>
/// <remarks>
/// Rules: Avro 1.12 specification, "Schema Resolution", with the Java implementation's reading of aliases (the
/// reader's only; a type's alias is matched against the writer's full name) and of names (unqualified).
/// A pair of types met again while it is being compared is taken to be compatible. When such a pair then turns out
/// not to be, what was concluded from it is forgotten: inside a reader's union a failed branch is not the end, and a
/// conclusion drawn from its assumption must not help the next branch.
/// </remarks>
internal sealed class AvroCompatibility
{
    // Comparing two schemas is quadratic in their sizes at worst; hostile ones stop here.
    private const int MaxComparisons = 1_000_000;

    private static readonly IReadOnlyList<AvroMismatch> None = [];

    private readonly Dictionary<(AvroSchema Reader, AvroSchema Writer), IReadOnlyList<AvroMismatch>> _results = [];
    private readonly Stack<(AvroSchema, AvroSchema)> _assumedCompatible = new();
    private readonly List<string> _path = [];
    private int _comparisons;

    /// <returns>Nothing when every datum of the writer can be read.</returns>
    /// <exception cref="AvroSchemaException">The pair is too deep or too large to be decided.</exception>
    public static IReadOnlyList<AvroMismatch> Check(AvroSchema reader, AvroSchema writer)
    {
        try
        {
            return new AvroCompatibility().Compare(reader, writer);
        }
        catch (InsufficientExecutionStackException)
        {
            throw new AvroSchemaException("The two schemas are nested too deeply to be compared");
        }
    }

    private IReadOnlyList<AvroMismatch> Compare(AvroSchema reader, AvroSchema writer, string? step = null)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        _comparisons += 1 + reader.Fields.Count + writer.Fields.Count;
        if (_comparisons > MaxComparisons) { throw new AvroSchemaException("The two schemas are too large to be compared"); }
        if (_results.TryGetValue((reader, writer), out var known)) { return known; }

        var before = _assumedCompatible.Count;
        _results[(reader, writer)] = None;
        if (step is not null) { _path.Add(step); }
        var found = Resolve(reader, writer);
        if (step is not null) { _path.RemoveAt(_path.Count - 1); }
        _results[(reader, writer)] = found;
        if (found.Count > 0)
        {
            while (_assumedCompatible.Count > before) { _results.Remove(_assumedCompatible.Pop()); }
        }
        else
        {
            _assumedCompatible.Push((reader, writer));
        }
        return found;
    }

    private IReadOnlyList<AvroMismatch> Resolve(AvroSchema reader, AvroSchema writer)
    {
        if (writer.Kind == AvroKind.Union)
        {
            return reader.Kind == AvroKind.Union ? ReadEachBranch(reader, writer)
                : [.. writer.Branches.SelectMany((branch, i) => Compare(reader, branch, $"{i}"))];
        }
        if (reader.Kind == AvroKind.Union)
        {
            return reader.Branches.Any(branch => Compare(branch, writer).Count == 0)
                ? None : [Mismatch(AvroIncompatibility.MissingUnionBranch, MissingType(writer))];
        }
        if (reader.Kind != writer.Kind)
        {
            return IsPromotable(writer.Kind, reader.Kind) ? None
                : [Mismatch(AvroIncompatibility.TypeMismatch,
                    $"reader type: {Upper(reader)} not compatible with writer type: {Upper(writer)}")];
        }
        return reader.Kind switch
        {
            AvroKind.Array => Compare(reader.Element!, writer.Element!, "items"),
            AvroKind.Map => Compare(reader.Element!, writer.Element!, "values"),
            AvroKind.Fixed => [.. Names(reader, writer), .. Sizes(reader, writer)],
            AvroKind.Enum => [.. Names(reader, writer), .. Symbols(reader, writer)],
            AvroKind.Record => [.. Names(reader, writer), .. Fields(reader, writer)],
            _ => None,
        };
    }

    private List<AvroMismatch> ReadEachBranch(AvroSchema reader, AvroSchema writer)
    {
        var found = new List<AvroMismatch>();
        for (var i = 0; i < writer.Branches.Count; i++)
        {
            if (Compare(reader, writer.Branches[i]).Count > 0)
            {
                found.Add(Mismatch(AvroIncompatibility.MissingUnionBranch, MissingType(writer.Branches[i]), $"{i}"));
            }
        }
        return found;
    }

    private static bool IsPromotable(AvroKind from, AvroKind to) => (from, to) switch
    {
        (AvroKind.Int, AvroKind.Long or AvroKind.Float or AvroKind.Double) => true,
        (AvroKind.Long, AvroKind.Float or AvroKind.Double) => true,
        (AvroKind.Float, AvroKind.Double) => true,
        (AvroKind.String, AvroKind.Bytes) or (AvroKind.Bytes, AvroKind.String) => true,
        _ => false,
    };

    private IEnumerable<AvroMismatch> Names(AvroSchema reader, AvroSchema writer)
    {
        if (reader.Name.Simple != writer.Name.Simple && !reader.Aliases.Any(alias => alias.Full == writer.Name.Full))
        {
            yield return Mismatch(AvroIncompatibility.NameMismatch, $"expected: {writer.Name.Full}", "name");
        }
    }

    private IEnumerable<AvroMismatch> Sizes(AvroSchema reader, AvroSchema writer)
    {
        if (reader.Size != writer.Size)
        {
            yield return Mismatch(
                AvroIncompatibility.FixedSizeMismatch, $"expected: {writer.Size}, found: {reader.Size}", "size");
        }
    }

    private IEnumerable<AvroMismatch> Symbols(AvroSchema reader, AvroSchema writer)
    {
        var missing = writer.Symbols.Except(reader.Symbols, StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0 && reader.EnumDefault is null)
        {
            yield return Mismatch(AvroIncompatibility.MissingEnumSymbols, $"[{string.Join(", ", missing)}]", "symbols");
        }
    }

    private List<AvroMismatch> Fields(AvroSchema reader, AvroSchema writer)
    {
        var found = new List<AvroMismatch>();
        var written = writer.Fields.ToDictionary(field => field.Name, StringComparer.Ordinal);
        _path.Add("fields");
        for (var i = 0; i < reader.Fields.Count; i++)
        {
            _path.Add($"{i}");
            var field = reader.Fields[i];
            var sources = field.Aliases.Prepend(field.Name).Where(written.ContainsKey).Distinct(StringComparer.Ordinal).ToList();
            if (sources.Count > 1)
            {
                throw new AvroSchemaException(
                    $"Reader record field {field.Name} matches multiple fields in writer record {writer.Name.Full}: {string.Join(", ", sources)}");
            }
            if (sources.Count == 1)
            {
                found.AddRange(Compare(field.Type, written[sources[0]].Type, "type"));
            }
            else if (field.Default is null)
            {
                found.Add(Mismatch(AvroIncompatibility.ReaderFieldMissingDefaultValue, field.Name));
            }
            _path.RemoveAt(_path.Count - 1);
        }
        _path.RemoveAt(_path.Count - 1);
        return found;
    }

    private AvroMismatch Mismatch(AvroIncompatibility kind, string detail, string? step = null) =>
        new(kind, "/" + string.Join('/', step is null ? _path : _path.Append(step)), detail);

    private static string MissingType(AvroSchema writer) => $"reader union lacking writer type: {Upper(writer)}";

    private static string Upper(AvroSchema schema) => schema.Kind.ToString().ToUpperInvariant();
}
