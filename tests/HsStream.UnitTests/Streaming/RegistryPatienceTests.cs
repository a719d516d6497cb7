using System.Net;
using Confluent.SchemaRegistry;
using HsStream.Domain.Messages;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using Xunit;

namespace HsStream.UnitTests.Streaming;

/// <summary>A registry that is away is waited for; one that says no has said so.</summary>
public sealed class RegistryPatienceTests
{
    private static readonly ProductDescription Lamp = new() { DescriptionId = "d-1", Text = "desk lamp" };

    private readonly MessageCodecs _codecs;
    private readonly FakeRegistry _registry;

    public RegistryPatienceTests() => (_codecs, _registry) = FakeRegistry.Create();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_outage_delays_and_refuses_nothing()
    {
        var bytes = await _codecs.Descriptions.EncodeAsync("t", Lamp, Cancel);
        Queue<Exception> failures = new(
        [
            new HttpRequestException("connection refused"), new SchemaRegistryException("no leader", HttpStatusCode.InternalServerError, 50003),
            new SchemaRegistryException("not found", HttpStatusCode.NotFound, 404), new TaskCanceledException("timed out"),
            new SchemaRegistryException("who are you", HttpStatusCode.Unauthorized, 40101),
        ]);
        _registry.Failure = () => failures.TryDequeue(out var failure) ? failure : null;

        Assert.Equal("desk lamp", (await _codecs.Descriptions.DecodeAsync("t", bytes, Cancel)).Text);
        Assert.Empty(failures);
    }

    [Fact]
    public async Task An_outage_outlasts_the_circuit_breaker()
    {
        var left = 15;
        _registry.Failure = () => left-- > 0 ? new HttpRequestException("connection refused") : null;

        Assert.NotEmpty(await _codecs.Descriptions.EncodeAsync("t", Lamp, Cancel));
    }

    [Fact]
    public async Task Whoever_waits_can_be_cancelled()
    {
        _registry.Failure = () => new HttpRequestException("connection refused");
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var waiting = _codecs.Descriptions.EncodeAsync("t", Lamp, cancel.Token).AsTask();
        Assert.False(waiting.IsCompleted);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task An_id_is_unknown_only_when_the_registry_has_said_so_several_times()
    {
        var refusal = await Assert.ThrowsAsync<RecordException>(() => _codecs.Descriptions.DecodeAsync("t", [0, 0, 0, 0, 99, 2], Cancel).AsTask());

        Assert.Equal(DeadLetterReasons.UnknownSchema, refusal.Reason);
        Assert.Equal(4, _registry.Questions);
        // Remembered for a while: a flood of such records must not become a flood of questions.
        await Assert.ThrowsAsync<RecordException>(() => _codecs.Descriptions.DecodeAsync("t", [0, 0, 0, 0, 99, 2], Cancel).AsTask());
        Assert.Equal(4, _registry.Questions);
    }

    [Fact]
    public async Task A_replica_that_lags_behind_is_asked_again()
    {
        var id = _registry.Add(_codecs.Descriptions.SchemaText);
        var bytes = _codecs.Descriptions.Encode(id, Lamp);
        var lag = 2;
        _registry.Failure = () => lag-- > 0 ? new SchemaRegistryException("not found", HttpStatusCode.NotFound, 40403) : null;

        Assert.Equal("d-1", (await _codecs.Descriptions.DecodeAsync("t", bytes, Cancel)).DescriptionId);
    }

    [Fact]
    public async Task A_schema_that_the_registry_refuses_is_an_operator_s_matter()
    {
        _registry.Failure = () => new SchemaRegistryException("incompatible", HttpStatusCode.Conflict, 409);

        var refused = await Assert.ThrowsAsync<SchemaRefusedException>(() => _codecs.Descriptions.EncodeAsync("t", Lamp, Cancel).AsTask());
        Assert.Contains("t-value", refused.Message, StringComparison.Ordinal);
    }
}
