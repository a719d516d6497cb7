using System.Text;
using HsStream.Domain.Ledger;
using HsStream.Store.Chain;
using HsStream.Store.Verification;
using HsStream.UnitTests.Ledger;
using Xunit;
using static HsStream.IntegrationTests.Postgres.PostgresHarness;

namespace HsStream.IntegrationTests.Store;

/// <summary>Is an export verified without the database, and is any change in it found?</summary>
public sealed class ExportTests(StorePostgres postgres)
{
    [Fact]
    public async Task An_export_verifies_offline_and_no_changed_line_does()
    {
        await using var ledger = await FilledAsync();
        var lines = await ExportAsync(ledger, new ExportSelection());
        var report = await VerifyAsync(lines);
        Assert.Empty(report.Findings);
        Assert.Equal((2, 5), (report.Seals, report.Events));
        var head = (await ledger.Store.Queries.StatusAsync(Stop)).Head!;
        Assert.Equal(head.Name, report.Head);
        Assert.Empty((await VerifyAsync(lines, head.Name)).Findings);

        for (var i = 0; i < lines.Count; i++)
        {
            // Without any one line.
            Assert.False((await VerifyAsync([.. lines.Where((_, n) => n != i)])).IsValid, $"without line {i}: {lines[i]}");
            var isEvent = lines[i].Contains("\"kind\":\"event\"", StringComparison.Ordinal);
            if (!isEvent) { continue; }
            foreach (var (what, with) in ((string, string)[])[("851660", "851650"), ("COOKER", "COOLER"), ("\"version\":", "\"version\":1"), ("\"proof\":[\"", "\"proof\":[\"00"), ("wms-7", "wms-8")])
            {
                if (!lines[i].Contains(what, StringComparison.Ordinal)) { continue; }
                var changed = lines.Select((l, n) => n == i ? l.Replace(what, with, StringComparison.Ordinal) : l).ToList();
                Assert.False((await VerifyAsync(changed)).IsValid, $"line {i} with {with}");
            }
        }

        Assert.False((await VerifyAsync(lines, "2:" + new string('0', 64))).IsValid);
        Assert.False((await VerifyAsync(["not an export"])).IsValid);
        Assert.False((await VerifyAsync([])).IsValid);
    }

    [Fact]
    public async Task One_description_is_exported_with_its_proofs_also_when_erased()
    {
        await using var ledger = await FilledAsync();
        await ledger.Store.Records.EraseTextAsync("d-1", TestFacts.Mandate, Stop);
        var lines = await ExportAsync(ledger, new ExportSelection { DescriptionId = "d-1" });
        var report = await VerifyAsync(lines);
        Assert.Empty(report.Findings);
        Assert.Equal((3, 3, 1), (report.Seals, report.Events, report.Erased));
        Assert.DoesNotContain(lines, l => l.Contains("COOKER", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, l => l.Contains("goods/d-2", StringComparison.Ordinal));

        var part = await VerifyAsync(await ExportAsync(ledger, new ExportSelection { FromSequence = 1, ToSequence = 2 }));
        Assert.Equal((0, 2, 1), (part.FindingCount, part.Events, part.ErasedElsewhere));
    }

    private async Task<LedgerScope> FilledAsync()
    {
        var ledger = await LedgerScope.CreateAsync(postgres);
        await ledger.AppendAsync(new Fact.Described(TestFacts.Description("d-1")), new Fact.Described(TestFacts.Description("d-2")), new Fact.Predicted(TestFacts.Prediction("d-2")));
        await ledger.AppendAsync(new Fact.Predicted(TestFacts.Prediction("d-1")), new Fact.Corrected(TestFacts.Correction("d-2", "c-1")));
        return ledger;
    }

    private static async Task<List<string>> ExportAsync(LedgerScope ledger, ExportSelection selection)
    {
        using var output = new MemoryStream();
        await ledger.Store.Exporter.ExportAsync(selection, output, null, Stop);
        return [.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static async Task<VerifyReport> VerifyAsync(IReadOnlyList<string> lines, string? head = null)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        return await ExportVerifier.VerifyAsync(input, new VerifyOptions { Head = head is null ? null : NotedHead.Parse(head) }, null, Stop);
    }
}
