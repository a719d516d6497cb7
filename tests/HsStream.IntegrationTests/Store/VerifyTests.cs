using HsStream.Domain.Ledger;
using HsStream.Store.Chain;
using HsStream.Store.Verification;
using HsStream.UnitTests.Ledger;
using Xunit;
using static HsStream.IntegrationTests.Postgres.PostgresHarness;

namespace HsStream.IntegrationTests.Store;

/// <summary>Does verify name whatever somebody with full rights changed in the database?</summary>
public sealed class VerifyTests(StorePostgres postgres)
{
    private const string E = "ledger.mt_events";

    /// <summary>What is done to a ledger of 3 seals (events 1-3, 4-6, 7-8), and what verify must find first.</summary>
    public static TheoryData<string, string, FindingKind, long?> Tampering => new()
    {
        { "text", $"update {E} set data = jsonb_set(data, '{{~private,text}}', '\"GOLD BARS\"') where seq_id = 1", FindingKind.TextAltered, 1 },
        { "salt", $"update {E} set data = jsonb_set(data, '{{~private,~salt}}', '\"00\"') where seq_id = 1", FindingKind.TextAltered, 1 },
        { "text taken away", $"update {E} set data = data - '~private' where seq_id = 1", FindingKind.TextMissing, 1 },
        { "commitment", $"update {E} set data = jsonb_set(data, '{{~commitment}}', '\"00\"') where seq_id = 1", FindingKind.TextAltered, 1 },
        { "commitment and text", $"update {E} set data = data - '~private' - '~commitment' where seq_id = 1", FindingKind.EventAltered, 1 },
        { "one digit of a code", $"update {E} set data = jsonb_set(data, '{{prediction,code}}', '\"851650\"') where seq_id = 2", FindingKind.EventAltered, 2 },
        { "the last bit of a probability", $"update {E} set data = jsonb_set(data, '{{prediction,confidence,chapter}}', '0.97000003') where seq_id = 2", FindingKind.EventAltered, 2 },
        { "a new member", $"update {E} set data = data || '{{\"x\":1}}' where seq_id = 2", FindingKind.EventAltered, 2 },
        { "an origin", $"update {E} set data = jsonb_set(data, '{{origin,position,offset}}', '9') where seq_id = 2", FindingKind.EventAltered, 2 },
        { "a type", $"update {E} set type = 'shadow_predicted.v1' where seq_id = 2", FindingKind.EventAltered, 2 },
        { "a time", $"update {E} set \"timestamp\" = \"timestamp\" + interval '1 microsecond' where seq_id = 5", FindingKind.EventAltered, 5 },
        { "a version", $"update {E} set version = 9 where seq_id = 3", FindingKind.EventAltered, 3 },
        { "a stream", $"update {E} set stream_id = 'goods/d-2', version = 9 where seq_id = 3", FindingKind.EventAltered, 3 },
        { "an id", $"update {E} set id = gen_random_uuid() where seq_id = 4", FindingKind.EventAltered, 4 },
        { "archived", $"update {E} set is_archived = true where seq_id = 4", FindingKind.EventAltered, 4 },
        { "a tenant", $"update {E} set tenant_id = 'x' where seq_id = 4", FindingKind.EventAltered, 4 },
        { "deleted", $"delete from {E} where seq_id = 5", FindingKind.EventMissing, 5 },
        { "deleted at the end", $"delete from {E} where seq_id = 8", FindingKind.EventMissing, 8 },
        {
            "inserted at the end",
            $"insert into {E} (seq_id, id, stream_id, version, data, type) select 9, gen_random_uuid(), stream_id, 99, data, type from {E} where seq_id = 3",
            FindingKind.EventInserted, 9
        },
        {
            "inserted before the beginning",
            $"insert into {E} (seq_id, id, stream_id, version, data, type) select 0, gen_random_uuid(), stream_id, 99, data, type from {E} where seq_id = 3",
            FindingKind.EventInserted, 0
        },
        {
            "inserted between, the rest moved",
            $"""
            alter table {E} drop constraint pkey_mt_events_seq_id;
            update {E} set seq_id = seq_id + 1 where seq_id >= 5;
            insert into {E} (seq_id, id, stream_id, version, data, type) select 5, gen_random_uuid(), stream_id, 99, data, type from {E} where seq_id = 3
            """,
            FindingKind.EventAltered, 5
        },
        {
            "doubled",
            $"""
            alter table {E} drop constraint pkey_mt_events_seq_id;
            insert into {E} (seq_id, id, stream_id, version, data, type) select 5, gen_random_uuid(), stream_id, 99, data, type from {E} where seq_id = 3
            """,
            FindingKind.EventInserted, 5
        },
        {
            "swapped",
            $"""
            alter table {E} drop constraint pkey_mt_events_seq_id;
            update {E} set seq_id = case seq_id when 4 then 5 else 4 end where seq_id in (4, 5)
            """,
            FindingKind.EventAltered, 4
        },
        { "a leaf", "update ledger.ledger_seals set leaves = set_byte(leaves, 40, get_byte(leaves, 40) # 1) where number = 2", FindingKind.LeavesAltered, null },
        { "leaves cut", "update ledger.ledger_seals set leaves = substring(leaves from 1 for 64) where number = 2", FindingKind.LeavesAltered, null },
        { "a root", "update ledger.ledger_seals set root = set_byte(root, 0, get_byte(root, 0) # 1) where number = 2", FindingKind.SealAltered, null },
        { "a seal's hash", "update ledger.ledger_seals set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where number = 2", FindingKind.SealAltered, null },
        { "a seal's time", "update ledger.ledger_seals set sealed_at = sealed_at + interval '1 second' where number = 2", FindingKind.SealAltered, null },
        { "a seal's offsets", "update ledger.ledger_seals set advances = replace(advances, ' 1 ', ' 0 ') where number = 2", FindingKind.SealAltered, null },
        { "a seal deleted", "delete from ledger.ledger_seals where number = 2", FindingKind.SealMissing, null },
        { "the last seal deleted", "delete from ledger.ledger_seals where number = 3", FindingKind.HeadDiffers, 8 },
        { "the head", "update ledger.ledger_head set hash = set_byte(hash, 0, get_byte(hash, 0) # 1)", FindingKind.HeadDiffers, 8 },
        { "a stream's row", "update ledger.mt_streams set version = 7 where id = 'goods/d-1'", FindingKind.StreamDiffers, null },
        { "an offset", "update ledger.ledger_offsets set next_offset = 7 where topic = 'hs.descriptions'", FindingKind.OffsetsDiffer, null },
    };

    [Theory]
    [MemberData(nameof(Tampering))]
    public async Task Verify_names_what_was_changed(string what, string sql, FindingKind kind, long? sequence)
    {
        await using var ledger = await FilledAsync();
        Assert.Empty((await ledger.Store.Verifier.VerifyAsync(new VerifyOptions(), null, Stop)).Findings);
        await ledger.SqlAsync(sql);

        var report = await ledger.Store.Verifier.VerifyAsync(new VerifyOptions(), null, Stop);
        Assert.False(report.IsValid, what);
        var first = report.Findings[0];
        Assert.True((kind, sequence) == (first.Kind, first.Sequence), $"{what}: {string.Join(" | ", report.Findings.Select(f => f.ToString()))}");
        Assert.DoesNotContain(report.Findings, f => f.Detail.Contains("COOKER", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_ledger_cut_back_as_a_whole_is_found_by_a_noted_head_alone()
    {
        await using var ledger = await FilledAsync();
        var head = (await ledger.Store.Verifier.VerifyAsync(new VerifyOptions(), null, Stop)).Head!;
        await ledger.SqlAsync($"""
            delete from {E} where seq_id > 6;
            delete from ledger.mt_streams s where not exists (select from {E} e where e.stream_id = s.id);
            update ledger.mt_streams s set version = (select max(version) from {E} e where e.stream_id = s.id);
            update ledger.ledger_offsets set next_offset = 1 where topic = 'hs.predictions' or topic = 'hs.descriptions';
            delete from ledger.ledger_offsets where topic in ('hs.dead-letters');
            update ledger.ledger_offsets set next_offset = 2 where topic in ('hs.predictions', 'hs.descriptions', 'hs.corrections');
            delete from ledger.ledger_seals where number = 3;
            update ledger.ledger_head set (number, sequence, hash) = (select number, first_sequence + event_count - 1, hash from ledger.ledger_seals where number = 2)
            """);
        Assert.Empty((await ledger.Store.Verifier.VerifyAsync(new VerifyOptions(), null, Stop)).Findings);
        var report = await ledger.Store.Verifier.VerifyAsync(new VerifyOptions { Head = NotedHead.Parse(head) }, null, Stop);
        Assert.Equal(FindingKind.HeadDiffers, Assert.Single(report.Findings).Kind);
    }

    [Fact]
    public async Task Erasing_a_text_leaves_the_chain_valid_and_putting_any_back_does_not()
    {
        await using var ledger = await FilledAsync();
        Assert.Equal(2, await ledger.Store.Records.EraseTextAsync("d-1", TestFacts.Mandate, Stop));
        Assert.Equal(0L, await ledger.SqlAsync($"select count(*) from {E} where data::text like '%COOKER%' and stream_id = 'goods/d-1'"));
        Assert.Equal(0L, await ledger.SqlAsync($"select count(*) from {E} where data::text like '%wms-7%' and stream_id = 'goods/d-1'"));
        Assert.Equal(0L, await ledger.SqlAsync($"select count(*) from {E} where type = 'record_dead_lettered.v1' and data::text like '%quoted text%'"));

        var report = await ledger.Store.Verifier.VerifyAsync(new VerifyOptions(), null, Stop);
        Assert.Empty(report.Findings);
        Assert.Equal(2, report.Erased);
        Assert.Equal(0, await ledger.Store.Records.EraseTextAsync("d-1", TestFacts.Mandate, Stop));
        Assert.True((await ledger.Store.Projections.DecisionPageAsync("d-1", Stop))!.IsErased);

        await ledger.SqlAsync($"update {E} set data = jsonb_set(data, '{{~private}}', jsonb_build_object('text', 'GOLD BARS', '~salt', '00')) where seq_id = 1");
        report = await ledger.Store.Verifier.VerifyAsync(new VerifyOptions(), null, Stop);
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.TextAltered, Sequence: 1 });
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.TextRestored, Sequence: 1 });
    }

    [Fact]
    public async Task A_verification_resumes_where_it_was_interrupted()
    {
        await using var ledger = await FilledAsync();
        await ledger.SqlAsync($"update {E} set type = 'shadow_predicted.v1' where seq_id = 2");
        await ledger.SqlAsync($"update {E} set type = 'shadow_predicted.v1' where seq_id = 5");
        var report = await ledger.Store.Verifier.VerifyAsync(new VerifyOptions { FromSeal = 2 }, null, Stop);
        Assert.Equal((FindingKind.EventAltered, 5), (Assert.Single(report.Findings).Kind, report.Findings[0].Sequence));
        Assert.Equal((2, 5), (report.Seals, report.Events));
    }

    /// <summary>Three seals: d-1 with prediction and correction, d-2 likewise, and a new text for d-1 with a dead letter.</summary>
    private async Task<LedgerScope> FilledAsync()
    {
        var ledger = await LedgerScope.CreateAsync(postgres);
        await ledger.AppendAsync(
            new Fact.Described(TestFacts.Description("d-1")), new Fact.Predicted(TestFacts.Prediction("d-1")), new Fact.Corrected(TestFacts.Correction("d-1", "c-1")));
        ledger.Clock.Advance(TimeSpan.FromSeconds(1));
        await ledger.AppendAsync(
            new Fact.Described(TestFacts.Description("d-2")), new Fact.Predicted(TestFacts.Prediction("d-2")), new Fact.Corrected(TestFacts.Correction("d-2", "c-2")));
        ledger.Clock.Advance(TimeSpan.FromSeconds(1));
        await ledger.AppendAsync(
            new Fact.DeadLettered(TestFacts.Letter(7, "d-1", "quoted text")), new Fact.Predicted(TestFacts.Prediction("d-1", "ANOTHER TEXT", code: "851650")));
        return ledger;
    }
}
