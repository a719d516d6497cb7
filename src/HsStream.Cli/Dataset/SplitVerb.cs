using System.CommandLine;
using HsStream.Training.Datasets.Import;
using HsStream.Training.Datasets.Splits;

namespace HsStream.Cli.Dataset;

/// <summary><c>hsstream dataset split</c>: the rows of a file as train.tsv and test.tsv, for others to measure on.</summary>
internal static class SplitVerb
{
    public static Command Describe()
    {
        var file = new Argument<string>("FILE") { Description = "CSV, TSV or JSON lines with codes, each also gzipped; - is standard input." };
        var directory = new Argument<string>("DIR") { Description = "Folder for train.tsv and test.tsv: code, tab, text in lower case without punctuation." };
        var flags = new ImportFlags();
        var later = new Option<bool>("--later") { Description = "The last fifth of the stream, less the texts seen before it, is the test file; else a tenth of the texts." };
        var json = CommonOptions.Json("One JSON object a file.");
        var verb = new Command("split", "Divide the rows of a file, deduplicated, into rows to learn from and rows to ask about.") { file, directory };
        flags.AddTo(verb, withCodes: true);
        verb.Add(later);
        verb.Add(json);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = parsed.GetValue(directory)!;
            var read = LabelledFile.Read(parsed.GetValue(file)!, flags.Read(parsed), flags.NamesEdition(parsed), parsed.InvocationConfiguration.Error, cancellationToken);
            var split = parsed.GetValue(later) ? DatasetSplit.Later(read.Rows) : DatasetSplit.ByText(read.Rows);
            try
            {
                SplitFiles.Write(split, folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new OperatorException($"cannot write to {folder}: {e.Message}", e);
            }

            var listing = new Listing("file", "rows", "codes", "edition");
            Add(SplitFiles.TrainFile, split.Train);
            Add(SplitFiles.TestFile, split.Test);
            await listing.WriteAsync(parsed.InvocationConfiguration.Output, parsed.GetValue(json));
            return 0;

            void Add(string name, IReadOnlyList<LabelledDescription> rows) =>
                listing.Add(Path.Combine(folder, name), rows.Count, rows.Select(row => row.Code).Distinct().Count(), read.Edition.Name);
        });
        return verb;
    }
}
