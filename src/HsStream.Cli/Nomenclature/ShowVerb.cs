using System.CommandLine;
using System.Text.Json.Nodes;
using HsStream.Domain.Nomenclature;

namespace HsStream.Cli.Nomenclature;

/// <summary><c>hsstream nomenclature show</c>: everything known of one code.</summary>
internal static class ShowVerb
{
    /// <summary>Waste of electrical goods has a thousand.</summary>
    private const int ShownCandidates = 12;

    public static Command Describe()
    {
        var code = new Argument<string>("CODE") { Description = "Chapter, heading or subheading in any usual spelling: 87, 8712, 8712.00." };
        var edition = NomenclatureVerbs.Edition("--edition", "Edition of the code.");
        var language = NomenclatureVerbs.Language();
        var directory = CommonOptions.DataDirectory();
        var json = CommonOptions.Json("Print one JSON object.");
        var verb = new Command("show", "Show a code: title, imported text, what is above and below it, what it is in the other edition.") { code, edition, language, directory, json };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var nomenclature = HsNomenclature.Of(NomenclatureEdition.Parse(parsed.GetValue(edition)!));
            var shown = NomenclatureVerbs.ReadCode(parsed.GetValue(code)!, nomenclature.Edition);
            var texts = StoredTexts.Load(parsed.GetValue(directory)!, nomenclature.Edition, parsed.GetValue(language)!);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) { await output.WriteLineAsync(JsonLine.Write(ToJson(nomenclature, shown, texts))); }
            else { await WriteAsync(output, nomenclature, shown, texts); }
            return 0;
        });
        return verb;
    }

    private static async Task WriteAsync(TextWriter output, HsNomenclature nomenclature, HsCode code, StoredTexts texts)
    {
        var edition = nomenclature.Edition;
        await output.WriteLineAsync($"{code:D}  {NomenclatureVerbs.Title(nomenclature, code)}");
        await output.WriteLineAsync($"{code.Level.ToString().ToLowerInvariant()} of {edition}, in force from {edition.InForceFrom:yyyy-MM-dd} to {edition.InForceThrough:yyyy-MM-dd}");
        await output.WriteLineAsync(texts.Of(code) is { } text ? $"text   {text}"
            : texts.Count == 0 ? "text   none imported; see hsstream nomenclature import --help"
            : "text   not in the imported list");
        foreach (var above in Above(code)) { await output.WriteLineAsync($"above  {above,-7:D}  {NomenclatureVerbs.Title(nomenclature, above)}"); }
        foreach (var child in nomenclature.Children(code)) { await output.WriteLineAsync($"below  {child,-7:D}  {NomenclatureVerbs.Title(nomenclature, child)}"); }
        foreach (var conversion in Conversions(code, edition))
        {
            var more = conversion.Candidates.Count - ShownCandidates;
            await output.WriteLineAsync($"{conversion.To} {conversion.Relationship}  {(conversion.Candidates.Count == 0 ? "no counterpart"
                : string.Join(", ", conversion.Candidates.Take(ShownCandidates).Select(c => c.ToString("D"))))}{(more > 0 ? $" and {more} more; see --json" : "")}");
        }
    }

    private static JsonObject ToJson(HsNomenclature nomenclature, HsCode code, StoredTexts texts) => new()
    {
        ["code"] = code.ToString(),
        ["dotted"] = code.ToString("D"),
        ["level"] = code.Level.ToString().ToLowerInvariant(),
        ["edition"] = nomenclature.Edition.Name,
        ["title"] = nomenclature.Title(code)?.Text,
        ["titleOf"] = nomenclature.Title(code)?.Of.ToString(),
        ["text"] = texts.Of(code),
        ["parents"] = ToJson(nomenclature, Above(code)),
        ["children"] = ToJson(nomenclature, nomenclature.Children(code)),
        ["conversions"] = new JsonArray([.. Conversions(code, nomenclature.Edition).Select(ConvertVerb.ToJson)]),
    };

    private static JsonArray ToJson(HsNomenclature nomenclature, IEnumerable<HsCode> codes) =>
        new([.. codes.Select(c => new JsonObject { ["code"] = c.ToString(), ["title"] = nomenclature.Title(c)?.Text })]);

    /// <summary>From the chapter down.</summary>
    private static IEnumerable<HsCode> Above(HsCode code) => code.Parent is { } parent ? Above(parent).Append(parent) : [];

    private static IEnumerable<Conversion> Conversions(HsCode code, NomenclatureEdition edition) =>
        NomenclatureEdition.All.Where(e => e != edition).Select(e => Correlation.Convert(code, edition, e));
}
