using System.Text;
using System.Text.Json.Nodes;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.OfficialTexts;

namespace HsStream.Cli.Nomenclature;

/// <summary>Imported full texts of one edition and language, one file in the data directory.</summary>
/// <remarks>A line of JSON about the import behind '#', then code, tab, text. Replaced as a whole by the next import.</remarks>
internal sealed class StoredTexts
{
    private static readonly Dictionary<HsCode, string> None = [];

    private readonly Dictionary<HsCode, string> _texts;

    private StoredTexts(Dictionary<HsCode, string> texts) => _texts = texts;

    public int Count => _texts.Count;

    public string? Of(HsCode code) => _texts.GetValueOrDefault(code);

    public static string FileOf(string dataDirectory, NomenclatureEdition edition, string language) =>
        Path.Combine(Path.GetFullPath(dataDirectory), "nomenclature", $"{edition.Name.ToLowerInvariant()}.{Checked(language)}.tsv");

    /// <returns>Empty when nothing was imported.</returns>
    /// <exception cref="OperatorException">The file is damaged or may not be read.</exception>
    public static StoredTexts Load(string dataDirectory, NomenclatureEdition edition, string language)
    {
        var path = FileOf(dataDirectory, edition, language);
        if (!File.Exists(path)) { return new StoredTexts(None); }
        try
        {
            var texts = new Dictionary<HsCode, string>();
            var number = 0;
            foreach (var line in File.ReadLines(path))
            {
                number++;
                if (line.StartsWith('#')) { continue; }
                var tab = line.IndexOf('\t', StringComparison.Ordinal);
                if (tab < 0 || !HsCode.TryParse(line.AsSpan(0, tab), out var code))
                {
                    throw new OperatorException($"{path} line {number} is damaged; import the texts again: hsstream nomenclature import FILE --edition {edition} --language {language}");
                }

                texts[code] = line[(tab + 1)..];
            }

            return new StoredTexts(texts);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"cannot read {path}: {e.Message}", e);
        }
    }

    /// <summary>Writes beside the old file and then takes its place, so that a reader sees one of the two.</summary>
    public static string Save(string dataDirectory, OfficialTextList list, string language, string source, DateTimeOffset at)
    {
        var path = FileOf(DataDirectory.Prepare(dataDirectory), list.Edition, language);
        var about = new JsonObject { ["edition"] = list.Edition.Name, ["language"] = language, ["source"] = source, ["importedAt"] = at, ["texts"] = list.Texts.Count };
        var text = new StringBuilder("# ").Append(JsonLine.Write(about)).Append('\n');
        foreach (var (code, title) in list.Texts) { text.Append(code).Append('\t').Append(title).Append('\n'); }
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path + ".new", text.ToString());
            File.Move(path + ".new", path, overwrite: true);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"cannot write {path}: {e.Message}", e);
        }
    }

    private static string Checked(string language) =>
        language.Length is >= 2 and <= 12 && language.All(c => char.IsAsciiLetter(c) || c == '-') ? language.ToLowerInvariant()
        : throw new OperatorException($"--language is '{language}'; expected a language tag such as en or pt-br");
}
