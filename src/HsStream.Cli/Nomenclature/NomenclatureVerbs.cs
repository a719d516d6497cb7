using System.CommandLine;
using HsStream.Domain.Nomenclature;

namespace HsStream.Cli.Nomenclature;

/// <summary><c>hsstream nomenclature ...</c>: codes, their titles and texts, and what they become in another edition.</summary>
internal static class NomenclatureVerbs
{
    public static Command Describe() => new("nomenclature", "Look up codes, convert them between editions, load full texts.")
    {
        ShowVerb.Describe(),
        ListVerb.Describe(),
        ConvertVerb.Describe(),
        ImportVerb.Describe(),
    };

    public static Option<string> Edition(string name, string what) => new(name)
    {
        Description = what,
        HelpName = "HS2017|HS2022",
        DefaultValueFactory = _ => NomenclatureEdition.Hs2022.Name,
    };

    public static Option<string> Language() => new("--language")
    {
        Description = "Language of the imported texts.",
        HelpName = "en|fr|...",
        DefaultValueFactory = _ => "en",
    };

    /// <exception cref="OperatorException">The text is no code, or the edition lacks it.</exception>
    public static HsCode ReadCode(string text, NomenclatureEdition edition)
    {
        var read = HsCodeReading.Read(text, HsCodeReading.Strict);
        return read.Error is { } error ? throw new OperatorException(error)
            : HsNomenclature.Of(edition).Contains(read.Code) ? read.Code
            : throw new OperatorException(HsNomenclature.Of(edition).Explain(read.Code));
    }

    /// <summary>A title with the code it was written for when that is another one.</summary>
    public static string Title(HsNomenclature nomenclature, HsCode code) =>
        nomenclature.Title(code) is not { } title ? "" : title.Of == code ? title.Text : $"{title.Text} ({title.Of:D})";
}
