using System.Text;
using CsCheck;
using HsStream.Training.Datasets.Import;
using Xunit;

namespace HsStream.UnitTests.Training.Datasets.Import;

public sealed class ImportPropertyTests
{
    private static readonly string[] Names = ["x.csv", "x.tsv", "x.jsonl", "x.txt", "x"];

    /// <summary>Bytes that mean something to one of the readers, mixed with any others.</summary>
    private static readonly Gen<byte[]> Bytes = Gen.OneOf(
        Gen.Byte,
        Gen.Byte[32, 126],
        Gen.Byte.Select(b => "\"\n\r,;\t{}:[]\\0187\0"u8[b % 17])).Array[0, 400];

    private static readonly Gen<string> Field = Gen.OneOf(
        Gen.String[0, 12], Gen.Char[" ,;\"\n\r\tx|'"].Array[0, 12].Select(c => new string(c)), Gen.Const(""));

    [Fact]
    public void No_bytes_crash_an_import_and_every_row_is_accounted_for() =>
        Gen.Select(Bytes, Gen.Int[0, Names.Length - 1], Gen.Bool, Gen.Int[16, 500], Gen.Int[0, 3]).Sample((bytes, name, hasHeader, maxRow, wrap) =>
        {
            byte[] all = wrap switch
            {
                0 => [0x1F, 0x8B, .. bytes],
                1 => [0xFF, 0xFE, .. bytes],
                2 => Imported.Gzip([.. "description,hs6\n"u8, .. bytes]),
                _ => [.. "description,hs6\nbicycle,871200\n"u8, .. bytes],
            };
            var options = Imported.Defaults with { HasHeader = hasHeader, MaxRowBytes = maxRow, MaxTextBytes = 100, Text = ColumnRef.Parse("1"), Code = ColumnRef.Parse("2") };
            Imported imported;
            try
            {
                imported = Names[name] == "x.txt" ? Imported.PlainFrom(all, Names[name], options) : Imported.From(all, Names[name], options);
            }
            catch (ImportException)
            {
                return;      // refused as a whole, with a sentence
            }

            var lines = imported.Rows.Select(r => r.Line).Concat(imported.Plain.Select(r => r.Line)).Concat(imported.Rejected.Select(r => r.Line)).Order().ToList();
            Assert.Equal(lines.Distinct(), lines);
            Assert.Equal((imported.Rows.Count + imported.Plain.Count, imported.Rejected.Count), ((int)imported.Report.Accepted, (int)imported.Report.Rejected));
            Assert.Equal(imported.Report.Rejected, imported.Report.Totals.Values.Sum());
            Assert.DoesNotContain(imported.Rejected, r => (r.Expected + r.Arrived).Any(char.IsControl));
        }, iter: 3000);

    [Fact]
    public void Without_quotes_every_line_that_is_not_empty_is_a_row() =>
        Gen.Char["ab1,;\t\n\r{} \0é"].Array[0, 300].Sample(chars =>
        {
            var text = new string(chars).Replace("\r", "\r\n", StringComparison.Ordinal);
            foreach (var name in Names.Take(3))
            {
                var imported = Imported.From(Encoding.UTF8.GetBytes("description,hs6\n" + text), name, Imported.Defaults with
                {
                    HasHeader = false,
                    Delimiter = ',',
                    Text = ColumnRef.Parse("1"),
                    Code = ColumnRef.Parse("2"),
                });
                Assert.Equal(1 + text.Split('\n').Count(l => l.Trim(' ', '\t', '\r').Length > 0), imported.Report.Rows);
            }
        }, iter: 500);

    [Fact]
    public void Quoted_rows_come_back_as_they_were_written() =>
        Gen.Select(Field.Array[2, 4].Array[0, 12], Gen.Char[",;\t|"], Gen.Bool).Sample((rows, delimiter, isCrLf) =>
        {
            var text = new StringBuilder();
            var expected = new List<string>();
            foreach (var row in rows)
            {
                var description = string.Concat(row[0].Replace('\0', '0').Where(c => !char.IsSurrogate(c))) + "x";
                expected.Add(description.Trim());
                text.Append("\"871200\"").Append(delimiter).Append(Quote(description)).Append(delimiter).Append(Quote(string.Concat(row[1].Where(c => !char.IsSurrogate(c))))).Append(isCrLf ? "\r\n" : "\n");
            }

            var imported = Imported.Csv(text.ToString(), Imported.Defaults with { HasHeader = false, Delimiter = delimiter, Code = ColumnRef.Parse("1"), Text = ColumnRef.Parse("2") });
            Assert.Empty(imported.Rejected);
            Assert.Equal(expected, imported.Rows.Select(r => r.Text));
        }, iter: 500);

    private static string Quote(string field) => $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
