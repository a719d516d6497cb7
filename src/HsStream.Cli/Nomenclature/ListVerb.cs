using System.CommandLine;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Catalogue;

namespace HsStream.Cli.Nomenclature;

/// <summary><c>hsstream nomenclature list</c>: codes with their titles.</summary>
internal static class ListVerb
{
    public static Command Describe()
    {
        var code = new Argument<string?>("CODE") { Description = "List what is below this chapter or heading; default: everything.", Arity = ArgumentArity.ZeroOrOne };
        var level = new Option<string?>("--level") { Description = "Only codes of this level; default: chapters, or everything below CODE.", HelpName = "chapter|heading|subheading" };
        var search = new Option<string?>("--search") { Description = "Only codes whose title, imported text or one of whose trade phrases holds all of these words.", HelpName = "WORDS" };
        var edition = NomenclatureVerbs.Edition("--edition", "Edition to list.");
        var language = NomenclatureVerbs.Language();
        var directory = CommonOptions.DataDirectory();
        var json = CommonOptions.Json("One JSON object a line.");
        var verb = new Command("list", "List codes with their titles.") { code, level, search, edition, language, directory, json };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var nomenclature = HsNomenclature.Of(NomenclatureEdition.Parse(parsed.GetValue(edition)!));
            var texts = StoredTexts.Load(parsed.GetValue(directory)!, nomenclature.Edition, parsed.GetValue(language)!);
            var above = parsed.GetValue(code) is { } text ? NomenclatureVerbs.ReadCode(text, nomenclature.Edition) : (HsCode?)null;
            var words = (parsed.GetValue(search) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var wanted = Level(parsed.GetValue(level)) ?? (above is null && words.Length == 0 ? HsLevel.Chapter : null);
            var listing = new Listing("code", "level", "title", "text", "phrase");
            foreach (var c in nomenclature.All.Where(c => (above is not { } a || c.IsWithin(a)) && (wanted is null || c.Level == wanted)))
            {
                var title = NomenclatureVerbs.Title(nomenclature, c);
                var phrase = words.Length == 0 ? null : ProductCatalogue.Shipped.Find(c)?.Phrases.FirstOrDefault(p => words.All(w => Holds(p, w)));
                if (phrase is null && !words.All(w => Holds(title, w) || Holds(texts.Of(c), w))) { continue; }
                listing.Add(c.ToString("D"), c.Level.ToString().ToLowerInvariant(), title, texts.Of(c), phrase);
            }

            await listing.WriteAsync(parsed.InvocationConfiguration.Output, parsed.GetValue(json));
            return listing.Count > 0 ? 0 : throw new OperatorException("no code fits");
        });
        return verb;
    }

    private static bool Holds(string? text, string word) => text?.Contains(word, StringComparison.OrdinalIgnoreCase) == true;

    private static HsLevel? Level(string? text) => text switch
    {
        null => null,
        "chapter" => HsLevel.Chapter,
        "heading" => HsLevel.Heading,
        "subheading" => HsLevel.Subheading,
        _ => throw new OperatorException($"--level is '{text}'; expected chapter, heading or subheading"),
    };
}
