using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.Import;

namespace HsStream.Training.Datasets.Splits;

/// <summary>A split as two files, train.tsv and test.tsv: six digits, tab, normalised text.</summary>
public static class SplitFiles
{
    public const string TrainFile = "train.tsv";
    public const string TestFile = "test.tsv";

    /// <summary>Replaces the files of the folder, which is made when it is missing.</summary>
    public static void Write(DatasetSplit split, string directory)
    {
        Directory.CreateDirectory(directory);
        Write(split.Train, Path.Combine(directory, TrainFile));
        Write(split.Test, Path.Combine(directory, TestFile));
    }

    /// <exception cref="ImportException">A file cannot be read, or a line is no code of the edition and a text.</exception>
    public static DatasetSplit Read(string trainPath, string testPath, NomenclatureEdition edition) =>
        new($"as given in {Path.GetFileName(trainPath)} and {Path.GetFileName(testPath)}", ReadRows(trainPath, edition), ReadRows(testPath, edition));

    /// <inheritdoc cref="Read"/>
    public static IReadOnlyList<LabelledDescription> ReadRows(string path, NomenclatureEdition edition)
    {
        var report = new ImportReport();
        var options = new ImportOptions
        {
            Format = ImportFormat.Tsv,
            Delimiter = '\t',
            HasHeader = false,
            Code = ColumnRef.Parse("#1"),
            Text = ColumnRef.Parse("#2"),
            Edition = edition,
        };
        using var import = DescriptionImport.Open(path, options, report);
        var rows = import.ReadLabelled().ToList();

        // Split files are compared row by row with what others made of them: none may go missing.
        return report.Groups is [var group, ..]
            ? throw new ImportException($"{path} line {group.First.Line}: {group.First.Column} is '{group.First.Arrived}'; expected {group.First.Expected}")
            : report.Damage is { } damage ? throw new ImportException($"{path} is damaged: {damage}")
            : rows;
    }

    private static void Write(IReadOnlyList<LabelledDescription> rows, string path)
    {
        using var file = new StreamWriter(path) { NewLine = "\n" };
        foreach (var row in rows)
        {
            file.Write(row.Code.ToString());
            file.Write('\t');
            file.WriteLine(DescriptionKey.Normalise(row.Text));
        }
    }
}
