using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HsStream.Domain.Messages;
using HsStream.Training.Datasets.Import;

namespace HsStream.Cli.Publish;

/// <summary>Descriptions to publish, from a file or standard input, each with an id that is the same when the file is read again.</summary>
/// <remarks>
/// The id is that of the file's column. Without one it is made: of a file from its hash and the line's number, of standard input,
/// which can be read once only and may never end, from the line's number and text.
/// </remarks>
internal sealed class DescriptionFile : IDisposable
{
    private const string StandardInput = "-";
    private const int IdDigits = 16;
    private static readonly string[] TableEndings = [".csv", ".tsv", ".jsonl", ".ndjson", ".json"];
    private readonly DescriptionImport _import;
    private readonly string _path;
    private readonly string? _source;

    private DescriptionFile(string path, DescriptionImport import, string? source) => (_path, _import, _source) = (path, import, source);

    public ImportReport Report => _import.Report;

    /// <param name="source">For descriptions whose file names none; null leaves them without.</param>
    /// <exception cref="ImportException">It cannot be read at all.</exception>
    public static DescriptionFile Open(string path, ImportOptions options, string? source, Action<RejectedRow>? onRejected)
    {
        var report = new ImportReport(onRejected);
        var isInput = path == StandardInput;
        var stream = isInput ? Console.OpenStandardInput() : OpenFile(path);
        if (options.Format == ImportFormat.Detect && (isInput || !IsTable(path)))
        {
            // A list of descriptions needs no name that says so; a table shows itself by its first line.
            var peeked = PeekedStream.Over(stream);
            if (!peeked.LooksLikeTable) { options = options with { Format = ImportFormat.Lines }; }
            stream = peeked;
        }

        var import = DescriptionImport.Open(stream, isInput ? "standard input" : path, options, report);
        return new DescriptionFile(path, import, source);
    }

    /// <exception cref="ImportException">A mapped column is not there.</exception>
    public IEnumerable<ProductDescription> Read()
    {
        var rows = _import.ReadPublishable();
        return Described();

        IEnumerable<ProductDescription> Described()
        {
            string? fileDigits = null;
            foreach (var row in rows)
            {
                yield return new ProductDescription
                {
                    DescriptionId = row.Id ?? (_path == StandardInput ? OfLine(row) : string.Create(CultureInfo.InvariantCulture, $"{fileDigits ??= HashOfFile()}-{row.Line}")),
                    Text = row.Text,
                    Source = row.Source ?? _source,
                    DeclaredCode = row.DeclaredCode,
                    DescribedAt = row.Time,
                    Attributes = row.Attributes,
                };
            }
        }
    }

    public void Dispose() => _import.Dispose();

    private static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"cannot read {path}: {e.Message}", e);
        }
    }

    private static bool IsTable(string path) =>
        TableEndings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase) || path.EndsWith(ending + ".gz", StringComparison.OrdinalIgnoreCase));

    private static string OfLine(PublishableDescription row) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{row.Line}\n{row.Text}"))))[..IdDigits];

    private string HashOfFile()
    {
        using var stream = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Convert.ToHexStringLower(SHA256.HashData(stream))[..IdDigits];
    }
}
