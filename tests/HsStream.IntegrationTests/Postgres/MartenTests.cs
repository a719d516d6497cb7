using Marten;
using Xunit;
using static HsStream.IntegrationTests.Postgres.PostgresHarness;

namespace HsStream.IntegrationTests.Postgres;

/// <summary>Does Marten work with the packages of docs/adr/0002?</summary>
public sealed class MartenTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public sealed record GoodsDescribed(string Description);

    public sealed record CodeSuggested(string Code, float Probability);

    public sealed class Classification
    {
        public Guid Id { get; set; }

        public string? Code { get; set; }

        public void Apply(CodeSuggested suggested) => Code = suggested.Code;
    }

    [Fact]
    public async Task An_event_stream_is_appended_and_read_back()
    {
        await using var server = await StartAsync(_directory.Path);
        await using var store = DocumentStore.For(options =>
        {
            options.Connection(server.ConnectionString + ";Pooling=false");
            options.Projections.LiveStreamAggregation<Classification>();
        });
        var id = Guid.NewGuid();
        await using (var work = store.LightweightSession())
        {
            work.Events.StartStream<Classification>(id, new GoodsDescribed("USED RICE COOKER"));
            await work.SaveChangesAsync(Stop);
            work.Events.Append(id, 2, new CodeSuggested("851660", 0.8f));
            await work.SaveChangesAsync(Stop);
        }

        await using var query = store.QuerySession();
        var events = await query.Events.FetchStreamAsync(id, token: Stop);
        Assert.Equal([new GoodsDescribed("USED RICE COOKER"), new CodeSuggested("851660", 0.8f)], events.Select(e => e.Data));
        Assert.Equal("851660", (await query.Events.AggregateStreamAsync<Classification>(id, token: Stop))!.Code);
    }

    [Fact]
    public async Task An_append_with_a_stale_version_is_refused()
    {
        await using var server = await StartAsync(_directory.Path);
        await using var store = DocumentStore.For(options => options.Connection(server.ConnectionString + ";Pooling=false"));
        var id = Guid.NewGuid();
        await using var work = store.LightweightSession();
        work.Events.StartStream(id, new GoodsDescribed("LAMP"), new CodeSuggested("940510", 0.5f));
        await work.SaveChangesAsync(Stop);
        work.Events.Append(id, 2, new CodeSuggested("940511", 0.6f));
        await Assert.ThrowsAnyAsync<Exception>(() => work.SaveChangesAsync(Stop));
    }
}
