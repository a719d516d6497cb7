using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.OfficialTexts;

namespace HsStream.Cli.Nomenclature;

/// <summary><c>hsstream nomenclature import</c>: full texts from a list that the user has fetched.</summary>
internal static class ImportVerb
{
    private const int ShownRows = 10;

    public static Command Describe()
    {
        var file = new Argument<string>("FILE") { Description = "UN Comtrade list (CSV, JSON), US HTS or Schedule B (CSV, JSON), UK or EU list (CSV); each also gzipped." };
        var edition = new Option<string>("--edition") { Description = "Edition of the list.", HelpName = "HS2017|HS2022", Required = true };
        var language = NomenclatureVerbs.Language();
        var directory = CommonOptions.DataDirectory();
        var force = new Option<bool>("--force") { Description = "Import although another edition fits the list better." };
        var json = CommonOptions.Json("Print what was imported as one JSON object.");
        var verb = new Command("import", "Load full texts of codes into the data directory, in place of those imported before.") { file, edition, language, directory, force, json };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var path = parsed.GetValue(file)!;
            var list = OfficialTextList.Read(path, NomenclatureEdition.Parse(parsed.GetValue(edition)!));
            var errors = parsed.InvocationConfiguration.Error;
            foreach (var row in list.Skipped.Take(ShownRows)) { await errors.WriteLineAsync(Text($"{path} line {row.Line} left out: {row.Reason}")); }
            if (list.Skipped.Count > ShownRows) { await errors.WriteLineAsync(Text($"... and {list.Skipped.Count - ShownRows} more lines")); }
            var misfit = Text($"{list.Unknown.Count} of {list.Unknown.Count + list.Texts.Count} codes ({list.UnknownShare * 100:0.0}%) are not in {list.Edition}, such as {string.Join(", ", list.Unknown.Take(3).Select(c => c.ToString("D")))}");
            if (list.BetterEdition is { } better && !parsed.GetValue(force))
            {
                throw new OperatorException($"{misfit}; {better} fits {path} better. Use --edition {better}, or --force");
            }

            if (list.Unknown.Count > 0) { await errors.WriteLineAsync(misfit); }
            var stored = StoredTexts.Save(parsed.GetValue(directory)!, list, parsed.GetValue(language)!, Path.GetFileName(path), TimeProvider.System.GetUtcNow());
            var counts = list.Texts.Keys.CountBy(c => c.Level).ToDictionary(c => c.Key, c => c.Value);
            var (chapters, headings, subheadings) = (counts.GetValueOrDefault(HsLevel.Chapter), counts.GetValueOrDefault(HsLevel.Heading), counts.GetValueOrDefault(HsLevel.Subheading));
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(json)
                ? JsonLine.Write(new JsonObject
                {
                    ["edition"] = list.Edition.Name,
                    ["chapters"] = chapters,
                    ["headings"] = headings,
                    ["subheadings"] = subheadings,
                    ["unknownCodes"] = list.Unknown.Count,
                    ["unknownShare"] = list.UnknownShare,
                    ["skippedLines"] = list.Skipped.Count,
                    ["file"] = stored,
                })
                : Text($"{list.Edition}: texts of {chapters} chapters, {headings} headings and {subheadings} of {HsNomenclature.Of(list.Edition).Subheadings.Count} subheadings, in {stored}"));
            return 0;
        });
        return verb;

        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
