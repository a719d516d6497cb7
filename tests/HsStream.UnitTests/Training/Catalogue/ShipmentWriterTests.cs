using HsStream.Training.Catalogue;
using HsStream.Training.Datasets.Import;
using HsStream.UnitTests.Training.Datasets.Import;
using Xunit;

namespace HsStream.UnitTests.Training.Catalogue;

public sealed class ShipmentWriterTests
{
    [Theory]
    [InlineData(ShipmentFormat.Csv, "x.csv")]
    [InlineData(ShipmentFormat.Tsv, "x.tsv")]
    [InlineData(ShipmentFormat.JsonLines, "x.jsonl")]
    public void What_is_written_is_imported_without_a_mapping(ShipmentFormat format, string name)
    {
        var lines = new ShipmentGenerator(SmallCatalogue.Instance, new GeneratorOptions { Noise = 1, LabelNoise = 0.2 }).Generate(3000).ToList();
        using var bytes = new MemoryStream();
        using (var writer = new ShipmentWriter(bytes, format))
        {
            foreach (var line in lines) { writer.Write(line); }
            writer.Flush();
        }

        var imported = Imported.From(bytes.ToArray(), name, Imported.Defaults with { Time = ColumnRef.Parse("timestamp") });
        Assert.Empty(imported.Rejected);
        Assert.Equal(lines.Select(l => (l.Description, l.Label)), imported.Rows.Select(r => (r.Text, r.Code)));
        Assert.All(lines.Zip(imported.Rows), pair => Assert.InRange((pair.First.Time - pair.Second.Time!.Value).Duration(), TimeSpan.Zero, TimeSpan.FromMilliseconds(1)));
    }
}
