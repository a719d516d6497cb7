using System.IO.Compression;
using System.Text;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.Import;

namespace HsStream.UnitTests.Training.Datasets.Import;

/// <summary>One import, run to its end.</summary>
internal sealed class Imported
{
    private Imported() => Report = new ImportReport(Rejected.Add);

    public List<LabelledDescription> Rows { get; } = [];

    public List<PlainDescription> Plain { get; } = [];

    public List<RejectedRow> Rejected { get; } = [];

    public ImportReport Report { get; }

    public static ImportOptions Defaults { get; } = new() { Edition = NomenclatureEdition.Hs2022 };

    public static Imported Csv(string text, ImportOptions? options = null) => From(Encoding.UTF8.GetBytes(text), "rows.csv", options);

    public static Imported From(byte[] bytes, string name, ImportOptions? options = null)
    {
        var result = new Imported();
        using var import = DescriptionImport.Open(new MemoryStream(bytes), name, options ?? Defaults, result.Report);
        result.Rows.AddRange(import.ReadLabelled());
        return result;
    }

    public static Imported PlainFrom(byte[] bytes, string name, ImportOptions? options = null)
    {
        var result = new Imported();
        using var import = DescriptionImport.Open(new MemoryStream(bytes), name, options ?? Defaults, result.Report);
        result.Plain.AddRange(import.ReadPlain());
        return result;
    }

    public static byte[] Gzip(byte[] bytes, CompressionLevel level = CompressionLevel.Fastest)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, level)) { gzip.Write(bytes); }
        return packed.ToArray();
    }
}
