using HsStream.Cli.Publish;
using HsStream.Domain.Messages;
using HsStream.Training.Datasets.Import;
using Xunit;

namespace HsStream.UnitTests.Cli;

public sealed class DescriptionFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hsstream-unit-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_table_gives_id_source_declared_code_and_time_by_their_usual_names()
    {
        var description = Assert.Single(Read("a.csv", "id,shipper,timestamp,description,hs6\nd-1,SHP-1,2026-01-02T03:04:05Z,\"RICE COOKER, USED\",851660\n"));
        Assert.Equal(("d-1", "SHP-1", "RICE COOKER, USED", "851660"), (description.DescriptionId, description.Source, description.Text, description.DeclaredCode));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), description.DescribedAt);
        Assert.Empty(description.Attributes);
    }

    [Fact]
    public void Columns_can_be_named_and_others_kept_as_attributes()
    {
        var options = new ImportOptions { Id = ColumnRef.Parse("line"), Text = ColumnRef.Parse("what"), Attributes = [ColumnRef.Parse("ship.no")] };
        var description = Assert.Single(Read("a.jsonl", """{"line": 7, "what": "BOLTS", "ship": {"no": "S-9"}}""" + "\n", options, "erp"));
        Assert.Equal(("7", "BOLTS", "erp", "S-9"), (description.DescriptionId, description.Text, description.Source, description.Attributes["ship.no"]));
    }

    [Fact]
    public void Made_ids_are_the_same_when_the_file_is_read_again_and_others_for_another_file()
    {
        var first = Read("goods.txt", "RICE COOKER\n\nBOLTS\n").Select(d => d.DescriptionId).ToList();
        Assert.Equal(2, first.Distinct().Count());
        Assert.Equal(first, Read("renamed", "RICE COOKER\n\nBOLTS\n").Select(d => d.DescriptionId));
        Assert.Empty(first.Intersect(Read("goods.txt", "RICE COOKER\n\nBOLTS\nNUTS\n").Select(d => d.DescriptionId)));
    }

    [Fact]
    public void Lines_with_commas_are_lines_when_the_name_does_not_say_otherwise() =>
        Assert.Equal(["bolts, nuts", "a,b,c"], Read("goods.txt", "bolts, nuts\na,b,c\n").Select(d => d.Text));

    [Fact]
    public void What_cannot_be_published_is_rejected_with_its_line()
    {
        var rejected = new List<RejectedRow>();
        var read = Read("a.csv", $"id,description\n1,BOLTS\n,NUTS\n3,  \n{new string('x', 201)},SCREWS\n5,WASHERS\n", onRejected: rejected.Add);
        Assert.Equal(["1", "5"], read.Select(d => d.DescriptionId));
        Assert.Equal([(3L, RejectReason.BadId), (4L, RejectReason.EmptyText), (5L, RejectReason.BadId)], rejected.Select(r => (r.Line, r.Reason)));
    }

    private List<ProductDescription> Read(string name, string content, ImportOptions? options = null, string? source = null, Action<RejectedRow>? onRejected = null)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, content);
        using var file = DescriptionFile.Open(path, options ?? new ImportOptions(), source, onRejected);
        return [.. file.Read()];
    }
}
