using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.Import;

namespace HsStream.Cli.Dataset;

/// <summary>All usable rows of a file, in stream order.</summary>
/// <param name="FileEdition">Of the file's codes.</param>
/// <param name="Edition">Of the rows' codes: that of the file, or the one they were converted to.</param>
internal sealed record LabelledFile(IReadOnlyList<LabelledDescription> Rows, ImportReport Report, NomenclatureEdition FileEdition, NomenclatureEdition Edition)
{
    private const string StandardInput = "-";

    /// <summary>Reads a file whose edition may be left open: then it is the one that fits more of the codes, which is told.</summary>
    /// <exception cref="OperatorException">The file is damaged, no row can be used, or its codes do not tell the edition.</exception>
    /// <exception cref="ImportException">It cannot be read at all.</exception>
    public static LabelledFile Read(string file, ImportOptions options, bool isEditionNamed, TextWriter errors, CancellationToken cancellationToken)
    {
        // Standard input can be read once only.
        var isOpen = !isEditionNamed && file != StandardInput;
        NomenclatureEdition[] editions = isOpen ? [.. NomenclatureEdition.All.Reverse()] : [options.Edition];
        List<LabelledFile> readings = [.. editions.Select(edition => Read(file, options with { Edition = edition }, cancellationToken)).OrderByDescending(one => one.Rows.Count)];
        var read = readings[0];
        var report = read.Report;
        if (report.Damage is { } damage) { throw new OperatorException($"{file} is damaged after {report.Rows} rows: {damage}"); }
        if (read.Rows.Count == 0) { throw new OperatorException($"no row of {file} can be used; hsstream dataset check {file} says why"); }
        if (isOpen && readings[1].Rows.Count == read.Rows.Count)
        {
            throw new OperatorException($"the codes of {file} fit {readings[1].FileEdition} and {read.FileEdition} equally well ({read.Rows.Count} rows); --edition says which it is");
        }

        if (isOpen) { errors.WriteLine($"{file}: its codes are taken for those of {read.FileEdition}, which fits {read.Rows.Count} rows, {readings[1].FileEdition} {readings[1].Rows.Count}; --edition names another"); }
        if (!isEditionNamed && !isOpen) { errors.WriteLine($"standard input: its codes are taken for those of {read.FileEdition}; --edition names another"); }
        if (report.Rejected > 0) { errors.WriteLine($"{file}: {report.Rejected} of {report.Rows} rows cannot be used; hsstream dataset check {file} --edition {read.FileEdition} says why"); }
        return read;
    }

    private static LabelledFile Read(string file, ImportOptions options, CancellationToken cancellationToken)
    {
        var report = new ImportReport();
        using var import = file == StandardInput
            ? DescriptionImport.Open(Console.OpenStandardInput(), "standard input", options, report)
            : DescriptionImport.Open(file, options, report);
        var rows = new List<LabelledDescription>();
        foreach (var row in import.ReadLabelled())
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.Add(row);
        }

        // Where the file says in which order the rows came, that is the stream's order; equal moments stay as they stand.
        return new LabelledFile(
            options.Sequence is not null ? [.. rows.OrderBy(row => row.Sequence)] : options.Time is not null ? [.. rows.OrderBy(row => row.Time)] : rows,
            report, options.Edition, options.TargetEdition ?? options.Edition);
    }
}
