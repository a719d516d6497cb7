using System.Text.Json.Nodes;
using CsCheck;
using HsStream.Embedded.Registry;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HsStream.UnitTests.Registry;

public sealed class SchemaStoreTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly RegistryDecider _decider = new(new SchemaLimits(100_000, 100));
    private readonly MemoryTopic _topic = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static SchemaRequest Ask(string schema) => new(schema, StoredSchema.Avro, [], null, null, -1, 0);

    private static string Enum(int n) => $$"""{"type":"enum","name":"E{{n}}","symbols":["A"]}""";

    private SchemaStore Open(TimeSpan? timeout = null) =>
        new(new MemorySchemaLog(_topic), timeout ?? Patience, TimeProvider.System, NullLogger.Instance);

    private Task<StoredSchema> RegisterAsync(SchemaStore store, string subject, string schema) =>
        store.WriteAsync(state => _decider.Register(state, subject, Ask(schema), false, false), Cancel).WaitAsync(Patience, Cancel);

    [Fact]
    public async Task An_answered_write_can_be_read_at_once_and_after_a_restart()
    {
        StoredSchema registered;
        await using (var store = Open())
        {
            registered = await RegisterAsync(store, "s", Enum(1));
            Assert.Equal(registered.Schema, store.State.ById(registered.Id, null)!.Schema);
        }
        await using var restarted = Open();
        await restarted.CatchUpAsync(Cancel).WaitAsync(Patience, Cancel);

        Assert.Equal(registered.Schema, restarted.State.ById(registered.Id, null)!.Schema);
        Assert.Equal(registered.Id, (await RegisterAsync(restarted, "s", Enum(1))).Id);
    }

    [Fact]
    public async Task Two_registries_at_once_never_give_two_schemas_one_id_and_end_alike()
    {
        const int Each = 300;
        await using var one = Open();
        await using var two = Open();
        await one.WriteAsync(state => RegistryDecider.PutConfig(state, null, new JsonObject { ["compatibility"] = "NONE" }), Cancel);
        var answers = await Task.WhenAll(Enumerable.Range(0, 2 * Each).Select(i => Task.Run(
            // Every second schema is registered by both, and subjects are shared.
            async () => (Schema: Enum(i / 2), Answer: await RegisterAsync(i % 2 == 0 ? one : two, $"s{i % 7}", Enum(i / 2))), Cancel)));
        await Task.WhenAll(one.CatchUpAsync(Cancel), two.CatchUpAsync(Cancel)).WaitAsync(Patience, Cancel);

        Assert.Equal(Each, answers.Select(answer => answer.Answer.Id).Distinct().Count());
        Assert.All(answers.GroupBy(answer => answer.Schema), same => Assert.Single(same.Select(answer => answer.Answer.Id).Distinct()));
        Assert.All(answers, answer => Assert.Equal(answer.Schema, one.State.ById(answer.Answer.Id, null)!.Schema));
        Assert.All(answers, answer => Assert.Equal(answer.Answer.Id, two.State.Find(answer.Answer.Subject, answer.Answer.Version, true)!.Id));
        Assert.Equal(Dump(one.State), Dump(two.State));
    }

    [Fact]
    public async Task Nothing_is_decided_before_the_log_is_read_to_its_end_and_nothing_answered_before_it_is_read_back()
    {
        var delivery = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _topic.Delivery = delivery.Task;
        await using var store = Open();
        _topic.TryAppend(null, null, [new SchemaLogRecord.SchemaPut(new StoredSchema("other", 1, 1, Enum(9), [], null, null))]);
        var decided = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var readBack = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = store.WriteAsync(
            state =>
            {
                decided.TrySetResult();
                _topic.Delivery = readBack.Task;
                return _decider.Register(state, "s", Ask(Enum(1)), false, false);
            }, Cancel);

        // What must not happen is given time to happen.
        await Task.WhenAny(decided.Task, Task.Delay(100, Cancel));
        Assert.False(decided.Task.IsCompleted);
        delivery.SetResult();
        await decided.Task.WaitAsync(Patience, Cancel);
        await Task.WhenAny(writing, Task.Delay(100, Cancel));
        Assert.False(writing.IsCompleted);
        readBack.SetResult();

        Assert.Equal(2, (await writing.WaitAsync(Patience, Cancel)).Id);
    }

    [Fact]
    public async Task Another_registry_s_append_that_begins_like_ours_is_not_taken_for_ours()
    {
        await using var store = Open();
        using var gate = new ManualResetEventSlim();
        var other = false;
        _topic.Fault = point =>
        {
            if (point == "acquire") { gate.Wait(Patience, Cancel); }
            if (point == "append" && !other)
            {
                other = true;
                _topic.TryAppend(null, null, [new SchemaLogRecord.SchemaPut(new StoredSchema("s", 1, 1, Enum(1), [], null, null))]);
            }
        };
        // The first write fills the first batch alone or is joined; the two after it share one.
        var writes = Enumerable.Range(1, 3).Select(n => RegisterAsync(store, n == 1 ? "s" : $"t{n}", Enum(n))).ToList();
        gate.Set();
        var answers = await Task.WhenAll(writes);

        Assert.All(answers, answer => Assert.Equal(answer.Schema, store.State.ById(answer.Id, null)?.Schema));
        Assert.Equal([1, 2, 3], answers.Select(answer => answer.Id));
    }

    [Fact]
    public async Task Of_two_schemas_that_exclude_each_other_only_one_gets_in()
    {
        const string First = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}""";
        const string Second = """{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}""";
        await using var one = Open();
        await using var two = Open();
        for (var round = 0; round < 50; round++)
        {
            var subject = $"s{round}";
            var outcomes = await Task.WhenAll(
                Outcome(RegisterAsync(one, subject, First)), Outcome(RegisterAsync(two, subject, Second)));
            Assert.Single(outcomes, 409);
            Assert.Single(outcomes, 0);
        }

        static async Task<int> Outcome(Task<StoredSchema> registering)
        {
            try
            {
                await registering;
                return 0;
            }
            catch (RegistryException e)
            {
                return e.Code;
            }
        }
    }

    [Fact]
    public async Task Records_of_a_writer_that_takes_no_part_are_seen_before_anything_is_decided()
    {
        await using var store = Open();
        var appended = false;
        _topic.Fault = point =>
        {
            if (point == "append" && !appended)
            {
                appended = true;
                _topic.TryAppend(null, null, [new SchemaLogRecord.SchemaPut(new StoredSchema("other", 1, 1, Enum(9), [], null, null))]);
            }
        };

        Assert.Equal(2, (await RegisterAsync(store, "s", Enum(1))).Id);
    }

    [Theory]
    [InlineData("acquire")]
    [InlineData("append")]
    [InlineData("appended")]
    public async Task A_failure_at_any_point_is_retried_and_the_schema_is_registered_once(string where)
    {
        await using var store = Open();
        var left = 2;
        _topic.Fault = point =>
        {
            if (point == where && left-- > 0) { throw new SchemaLogException("broken on purpose"); }
        };

        Assert.Equal((1, 1), (await RegisterAsync(store, "s", Enum(1))) is var schema ? (schema.Id, schema.Version) : default);
        Assert.Single(_topic.Entries);
    }

    [Fact]
    public async Task A_delete_whose_acknowledgement_was_lost_is_answered_as_done()
    {
        await using var store = Open();
        await RegisterAsync(store, "s", Enum(1));
        var lost = true;
        _topic.Fault = point =>
        {
            if (point == "appended" && lost)
            {
                lost = false;
                throw new SchemaLogException("acknowledgement lost");
            }
        };

        // Decided anew it would be a second delete, and refused.
        Assert.Equal(1, await store.WriteAsync(state => RegistryDecider.DeleteVersion(state, "s", 1, false), Cancel).WaitAsync(Patience, Cancel));
    }

    [Fact]
    public async Task A_log_that_stays_away_is_an_error_that_names_it_and_writes_go_on_when_it_is_back()
    {
        await using var store = Open(TimeSpan.FromMilliseconds(300));
        _topic.Fault = _ => throw new SchemaLogException("the cluster is down");

        var refusal = await Assert.ThrowsAsync<RegistryException>(() => RegisterAsync(store, "s", Enum(1)));
        Assert.Equal((500, 50001), (refusal.Status, refusal.Code));
        Assert.Contains("the cluster is down", refusal.Message);

        _topic.Fault = _ => { };
        Assert.Equal(1, (await RegisterAsync(store, "s", Enum(1))).Id);
    }

    [Fact]
    public async Task A_record_too_large_for_the_log_fails_alone()
    {
        await using var store = Open();
        using var gate = new ManualResetEventSlim();
        var size = 0;
        _topic.Fault = point =>
        {
            if (point == "acquire") { gate.Wait(Patience, Cancel); }
            if (point == "append" && Volatile.Read(ref size) == 0) { throw new SchemaLogException("too large", isTooLarge: true); }
        };
        var large = store.WriteAsync(
            state =>
            {
                Volatile.Write(ref size, 0);
                return _decider.Register(state, "large", Ask(Enum(1)), false, false);
            }, Cancel);
        var small = store.WriteAsync(
            state =>
            {
                Volatile.Write(ref size, state.HasSubject("large", true) ? 0 : 1);
                return _decider.Register(state, "small", Ask(Enum(2)), false, false);
            }, Cancel);
        gate.Set();

        Assert.Equal(42209, (await Assert.ThrowsAsync<RegistryException>(() => large.WaitAsync(Patience, Cancel))).Code);
        Assert.Equal(1, (await small.WaitAsync(Patience, Cancel)).Version);
    }

    [Fact]
    public async Task A_refusal_that_rests_on_a_write_which_failed_is_decided_again()
    {
        await using var store = Open();
        using var gate = new ManualResetEventSlim();
        using var taken = new ManualResetEventSlim();
        var appends = 0;
        _topic.Fault = point =>
        {
            if (point == "acquire")
            {
                taken.Set();
                gate.Wait(Patience, Cancel);
            }

            if (point == "append" && ++appends == 2) { throw new SchemaLogException("broken on purpose"); }
        };

        // Keeps the writer busy until the other two wait, so that they are one batch.
        var before = store.WriteAsync(state => _decider.Register(state, "before", Ask(Enum(1)), false, false), Cancel);
        Assert.True(taken.Wait(Patience, Cancel), "The writer did not begin.");
        using var givesUp = new CancellationTokenSource();
        var abandoned = store.WriteAsync(
            state => _decider.Register(state, "s", Ask("""{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}"""), false, false), givesUp.Token);
        var kept = store.WriteAsync(
            state =>
            {
                givesUp.Cancel();
                return _decider.Register(state, "s", Ask("""{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"""), false, false);
            }, Cancel);
        gate.Set();

        await before.WaitAsync(Patience, Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        Assert.Equal(1, (await kept.WaitAsync(Patience, Cancel)).Version);
    }

    [Fact]
    public async Task A_topic_that_was_made_anew_starts_an_empty_registry()
    {
        await using var store = Open();
        await RegisterAsync(store, "s", Enum(1));
        _topic.Recreate();

        Assert.Equal((1, "t"), (await RegisterAsync(store, "t", Enum(2))) is var schema ? (schema.Id, schema.Subject) : default);
        Assert.False(store.State.HasSubject("s", deletedToo: true));
    }

    [Fact]
    public async Task What_is_no_record_is_skipped()
    {
        await using var store = Open();
        _topic.TryAppend(null, null, [new SchemaLogRecord.ModePut("s", "READWRITE"), new SchemaLogRecord.SchemaPut(new StoredSchema("s", -1, -5, "", [], null, null))]);

        Assert.Equal(1, (await RegisterAsync(store, "t", Enum(1))).Id);
    }

    [Fact]
    public void A_compacted_log_gives_the_same_registry() => Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[1, 60]).Sample((seed, length) =>
    {
        var random = new Random(seed);
        var topic = new MemoryTopic();
        var state = RegistryState.Empty;
        for (var i = 0; i < length; i++)
        {
            try
            {
                var records = RandomDecision(random, state);
                state = records.Aggregate(state, (current, record) => current.Apply(record));
                if (records.Count > 0) { topic.TryAppend(null, null, records); }
            }
            catch (RegistryException)
            {
                // Refused: nothing to record.
            }
            if (random.Next(10) == 0) { topic.Compact(); }
        }
        var replayed = topic.Entries.Aggregate(RegistryState.Empty, (current, entry) =>
            SchemaLogRecord.Parse(entry.Key, entry.Value, entry.Value is not null, 0) is { } record ? current.Apply(record) : current);

        Assert.Equal(Dump(state), Dump(replayed));
        // An id has one schema, for ever.
        Assert.All(state.Ids.Keys, id => Assert.Single(state.Holders(id.Context, id.Id).Select(schema => schema.Schema).Distinct()));
    }, iter: 2_000);

    private IReadOnlyList<SchemaLogRecord> RandomDecision(Random random, RegistryState state)
    {
        var subject = $"s{random.Next(3)}";
        return random.Next(8) switch
        {
            0 => RegistryDecider.DeleteVersion(state, subject, random.Next(1, 6), random.Next(2) == 0).Records,
            1 => RegistryDecider.DeleteSubject(state, subject, random.Next(2) == 0).Records,
            2 => RegistryDecider.PutConfig(state, random.Next(2) == 0 ? subject : null, new JsonObject { ["compatibility"] = random.Next(2) == 0 ? "NONE" : "FULL" }).Records,
            3 when random.Next(2) == 0 => RegistryDecider.DeleteConfig(state, subject).Records,
            3 => RegistryDecider.PutMode(state, subject, random.Next(2) == 0 ? "READWRITE" : "READONLY", false).Records,
            _ => _decider.Register(state, subject, Ask(Enum(random.Next(6))), false, true).Records,
        };
    }

    /// <summary>All that a client can see of a state.</summary>
    private static string Dump(RegistryState state) => string.Join('\n', state.All(null)
        .Select(schema => $"{schema.Subject} {schema.Version} {schema.Id} {schema.Deleted} {schema.Schema} {state.ModeFor(schema.Subject)} {state.ConfigFor(schema.Subject).Compatibility}")
        .Concat(state.MaxIds.Select(max => $"{max}"))
        .Concat(state.Ids.OrderBy(id => id.Key).Select(id => $"{id.Key} {string.Join(',', id.Value)}")));
}
