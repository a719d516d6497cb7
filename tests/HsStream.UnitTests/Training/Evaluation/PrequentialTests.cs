using HsStream.Domain.Nomenclature;
using HsStream.Training.Datasets.Import;
using HsStream.Training.Evaluation.Prequential;
using Xunit;

namespace HsStream.UnitTests.Training.Evaluation;

public sealed class PrequentialTests
{
    [Fact]
    public void The_memory_recalls_what_prevails_and_of_equals_what_came_last()
    {
        var memory = new CodeMemory();
        Assert.Null(memory.Recall("steel lamp"));
        memory.Learn("STEEL  lamp!", HsCode.Parse("940520"));
        Assert.Equal(HsCode.Parse("940520"), memory.Recall("steel lamp"));
        memory.Learn("steel lamp", HsCode.Parse("940180"));
        Assert.Equal(HsCode.Parse("940180"), memory.Recall("steel lamp"));
        memory.Learn("steel lamp", HsCode.Parse("940520"));
        memory.Learn("steel lamp", HsCode.Parse("940520"));
        memory.Learn("steel lamp", HsCode.Parse("940180"));
        Assert.Equal(HsCode.Parse("940520"), memory.Recall("steel lamp"));
        Assert.Null(memory.Recall("steel lamp 2"));
    }

    [Fact]
    public void Each_block_is_answered_by_a_model_of_all_rows_before_it()
    {
        var maker = new TableMaker();
        var rows = Stream();
        new PrequentialRun(maker, "table", 3, 1).Run(rows, TestContext.Current.CancellationToken);
        Assert.Equal([3, 6], maker.Made.Select(made => made.Rows.Count));
        Assert.Equal(rows.Skip(3), maker.Asked.SelectMany(asked => asked));
        Assert.All(maker.Made, made => Assert.Equal(rows.Take(made.Rows.Count), made.Rows));
        Assert.Equal(2, maker.Disposed);
    }

    [Fact]
    public void A_row_is_never_known_from_itself_but_from_any_row_before()
    {
        var result = new PrequentialRun(new TableMaker(), "table", 3, 1).Run(Stream(), TestContext.Current.CancellationToken);

        // Blocks of 3: lamp lamp cup | hose lamp hose | hose cup chair. The table answers lamp in both.
        Assert.Equal((3, 2), (result.WarmUpRows, result.Blocks.Count));
        Assert.Equal((3, 3, 3), (result.Blocks[0].FirstRow, result.Blocks[0].Rows, result.Blocks[0].TrainedRows));
        Assert.Equal((1 / 3.0, 1.0), (result.Blocks[0].ModelSubheading, result.Blocks[0].WithMemorySubheading + (1 / 3.0)));
        Assert.Equal(2 / 3.0, result.Blocks[0].KnownShare, 12);              // the lamp of block one, the second hose of this very block
        Assert.Equal(2 / 3.0, result.Blocks[0].UnseenCodeShare, 12);         // both hoses
        Assert.Equal((0.0, 2 / 3.0), (result.Blocks[1].ModelSubheading, result.Blocks[1].WithMemorySubheading));
        Assert.Equal(1 / 3.0, result.Blocks[1].UnseenCodeShare, 12);         // the chair
        Assert.Equal(1 / 6.0, result.Model.Accuracy.Subheading.Top1, 12);
        Assert.Equal(4 / 6.0, result.WithMemory.Subheading.Top1, 12);
        Assert.Equal((4 / 6.0, 1.0), (result.KnownShare, result.MemoryAccuracy));
    }

    [Fact]
    public void A_text_whose_code_changes_is_recalled_wrongly_until_the_new_code_prevails()
    {
        var rows = TableMaker.Rows([("cup", "392410"), ("x", "940180"), ("cup", "392410"), ("cup", "940520"), ("cup", "940520"), ("cup", "940520")]);
        var result = new PrequentialRun(new TableMaker(), "table", 2, 1).Run(rows, TestContext.Current.CancellationToken);

        // Rows 3 to 5: recalled 392410 (2:0), 392410 (2:1), 940520 (2:2, the last one).
        Assert.Equal(1 / 3.0, result.WithMemory.Subheading.Top1, 12);
        Assert.Equal(1 / 3.0, result.MemoryAccuracy!.Value, 12);
    }

    [Fact]
    public void Blocks_without_rows_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new PrequentialRun(new TableMaker(), "table", 10, 1).Run(Stream(), TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentException>(() => new PrequentialRun(new TableMaker(), "table", 1, 1).Run(Stream(), TestContext.Current.CancellationToken));
    }

    private static List<LabelledDescription> Stream() => TableMaker.Rows(
        ("lamp", "940520"), ("lamp", "940520"), ("cup", "392410"),
        ("hose", "391739"), ("Lamp", "940520"), ("hose", "391739"),
        ("HOSE", "391739"), ("cup", "392410"), ("chair", "940180"));
}
