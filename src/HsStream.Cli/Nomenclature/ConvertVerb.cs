using System.CommandLine;
using System.Text.Json.Nodes;
using HsStream.Domain.Nomenclature;

namespace HsStream.Cli.Nomenclature;

/// <summary><c>hsstream nomenclature convert</c>: what codes become in another edition.</summary>
internal static class ConvertVerb
{
    public static Command Describe()
    {
        var codes = new Argument<string[]>("CODE") { Description = "Codes of the edition that --from names.", Arity = ArgumentArity.OneOrMore };
        var from = new Option<string>("--from") { Description = "Edition of the codes.", HelpName = "HS2017|HS2022", Required = true };
        var to = new Option<string>("--to") { Description = "Edition to convert to.", HelpName = "HS2017|HS2022", Required = true };
        var json = CommonOptions.Json("One JSON object a code.");
        var verb = new Command("convert", "Convert codes between editions; of several candidates the likeliest comes first.") { codes, from, to, json };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var (source, target) = (NomenclatureEdition.Parse(parsed.GetValue(from)!), NomenclatureEdition.Parse(parsed.GetValue(to)!));
            var conversions = parsed.GetValue(codes)!.Select(c => Correlation.Convert(NomenclatureVerbs.ReadCode(c, source), source, target)).ToList();
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                foreach (var conversion in conversions) { await output.WriteLineAsync(JsonLine.Write(ToJson(conversion))); }
                return 0;
            }

            var listing = new Listing(source.Name, "relationship", target.Name, "title");
            foreach (var conversion in conversions)
            {
                foreach (var candidate in conversion.Candidates)
                {
                    listing.Add(conversion.Code.ToString("D"), conversion.Relationship, candidate.ToString("D"), NomenclatureVerbs.Title(HsNomenclature.Of(target), candidate));
                }

                if (conversion.Candidates.Count == 0) { listing.Add(conversion.Code.ToString("D"), conversion.Relationship, null, "no counterpart"); }
            }

            await listing.WriteAsync(output, isJson: false);
            return 0;
        });
        return verb;
    }

    public static JsonObject ToJson(Conversion conversion) => new()
    {
        ["code"] = conversion.Code.ToString(),
        ["from"] = conversion.From.Name,
        ["to"] = conversion.To.Name,
        ["relationship"] = conversion.Relationship,
        ["isUnambiguous"] = conversion.IsUnambiguous,
        ["candidates"] = new JsonArray([.. conversion.Candidates.Select(c => JsonValue.Create(c.ToString()))]),
    };
}
