using HsStream.Domain.Nomenclature;
using HsStream.Training.Evaluation.Metrics;

namespace HsStream.Training.Evaluation.Reports.Plots;

/// <summary>Where in the nomenclature a model is right.</summary>
internal static class ChapterPlots
{
    private const int BarWidth = 220;

    /// <summary>Right at six, four and two digits, one in the other.</summary>
    public static string Bar(ChapterRow row)
    {
        var picture = new Svg(BarWidth, 14, $"HS6 {Figures.Percent(row.Subheading)}, HS4 {Figures.Percent(row.Heading)}, HS2 {Figures.Percent(row.ChapterTop1)}");
        picture.Rectangle(0, 2, BarWidth, 10, "track");
        picture.Rectangle(0, 2, BarWidth * row.ChapterTop1, 10, "level2", $"right chapter: {Figures.Percent(row.ChapterTop1)}");
        picture.Rectangle(0, 2, BarWidth * row.Heading, 10, "level4", $"right heading: {Figures.Percent(row.Heading)}");
        picture.Rectangle(0, 2, BarWidth * row.Subheading, 10, "level6", $"right subheading: {Figures.Percent(row.Subheading)}");
        return picture.ToString();
    }

    /// <summary>True chapters down, predicted ones across; the darker, the larger the share of the row.</summary>
    public static string Heatmap(ChapterConfusion confusion, HsNomenclature nomenclature)
    {
        const int left = 330, top = 34, cell = 38, height = 30;
        var columns = confusion.Chapters.Count + 1;
        var picture = new Svg(left + (columns * cell) + 56, top + (confusion.Chapters.Count * height) + 6, "Chapters taken for others");
        for (var column = 0; column < columns; column++)
        {
            picture.Text(left + (column * cell) + (cell / 2.0), top - 10, column < confusion.Chapters.Count ? confusion.Chapters[column].ToString() : "other", "tick", "middle");
        }

        picture.Text(left + (columns * cell) + 50, top - 10, "n", "tick", "end");
        for (var row = 0; row < confusion.Chapters.Count; row++)
        {
            var counts = confusion.Counts[row];
            var total = counts.Sum();
            var (y, chapter) = (top + (row * height), confusion.Chapters[row]);
            picture.Text(left - 40, y + 20, Shorten(nomenclature.Title(chapter)?.Text ?? "", 44), "name", "end");
            picture.Text(left - 10, y + 20, chapter.ToString(), "tick", "end");
            picture.Text(left + (columns * cell) + 50, y + 20, Figures.Whole(total), "tick", "end");
            for (var column = 0; column < columns; column++)
            {
                var share = total == 0 ? 0 : (double)counts[column] / total;
                var to = column < confusion.Chapters.Count ? confusion.Chapters[column].ToString() : "another chapter";
                var x = left + (column * cell);
                picture.Rectangle(x + 1, y + 1, cell - 2, height - 2, "track", $"{chapter} as {to}: {counts[column]} of {total}");
                if (counts[column] == 0) { continue; }

                // Square root: a confusion of a few percent should still be seen.
                picture.Rectangle(x + 1, y + 1, cell - 2, height - 2, column == row ? "heat right" : "heat wrong", $"{chapter} as {to}: {counts[column]} of {total}", Math.Sqrt(share));
                if (share >= 0.005) { picture.Text(x + (cell / 2.0), y + 20, Figures.Number(100 * share, share < 0.095 ? "0.0" : "0"), share > 0.4 ? "cell strong" : "cell", "middle"); }
            }
        }

        return picture.ToString();
    }

    private static string Shorten(string text, int length) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length - 1).TrimEnd(), "…");
}
