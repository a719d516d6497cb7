using System.Text;
using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Datasets.Import;

/// <summary>Turns spellings of one edition into subheadings of another.</summary>
internal sealed class CodeColumn(ImportOptions options)
{
    /// <summary>No code is spelled with more bytes.</summary>
    private const int LongestSpelling = 64;

    /// <summary>A file has a few thousand codes; a hostile one must not fill the memory with explanations.</summary>
    private const int MaxRemembered = 10_000;

    private readonly HsNomenclature _source = HsNomenclature.Of(options.Edition);
    private readonly Dictionary<HsCode, Outcome> _remembered = [];

    /// <param name="Reason">Null when <paramref name="Code"/> is good.</param>
    /// <param name="IsChosen">The code is one of several candidates.</param>
    public readonly record struct Outcome(
        HsCode Code, RejectReason? Reason = null, string Expected = "", bool IsChosen = false, bool IsConverted = false, bool IsMended = false, bool IsOfOtherEdition = false, bool LacksZero = false);

    public Outcome Read(ReadOnlySpan<byte> spelling)
    {
        if (spelling.Length > LongestSpelling) { return new Outcome(default, RejectReason.BadCode, "an HS code of 6 or more digits"); }
        Span<char> chars = stackalloc char[LongestSpelling];
        var length = Encoding.UTF8.GetChars(spelling, chars);
        var read = HsCodeReading.Read(chars[..length], options.CodeReading);
        if (read.Error is { } error)
        {
            var lenient = HsCodeReading.Read(chars[..length], HsCodeReading.Lenient);
            return new Outcome(default, RejectReason.BadCode, error, LacksZero: lenient.Error is null && _source.Contains(lenient.Code));
        }

        if (!_remembered.TryGetValue(read.Code, out var outcome))
        {
            outcome = Convert(read.Code);
            if (_remembered.Count < MaxRemembered) { _remembered.Add(read.Code, outcome); }
        }

        return outcome with { IsMended = read.Note is not null };
    }

    private Outcome Convert(HsCode code)
    {
        if (code.Level != HsLevel.Subheading)
        {
            return new Outcome(default, RejectReason.ShortCode, $"6 digits; {code} is a {(code.Level == HsLevel.Chapter ? "chapter" : "heading")}");
        }

        if (!_source.Contains(code))
        {
            return new Outcome(default, RejectReason.UnknownCode, $"a code of {options.Edition}: {_source.Explain(code)}",
                IsOfOtherEdition: NomenclatureEdition.All.Any(e => HsNomenclature.Of(e).Contains(code)));
        }

        var conversion = Correlation.Convert(code, options.Edition, options.TargetEdition ?? options.Edition);
        return conversion.Candidates switch
        {
            [] => new Outcome(default, RejectReason.NoCounterpart, $"a code with a counterpart in {conversion.To}"),
            [var only] => new Outcome(only, IsConverted: only != code),
            [var first, ..] when options.Ambiguous == AmbiguousCodes.First || (options.Ambiguous == AmbiguousCodes.Same && first == code) => new Outcome(first, IsChosen: true, IsConverted: first != code),
            var many => new Outcome(default, RejectReason.AmbiguousCode, $"one code of {conversion.To}; {code} may be {string.Join(", ", many.Take(10))}{(many.Count > 10 ? " and more" : "")}"),
        };
    }
}
