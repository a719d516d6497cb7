using CsCheck;
using HsStream.Embedded.Broker.Coordinator;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

public sealed class DeadlinesTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _run = [];
    private readonly Deadlines _deadlines;

    public DeadlinesTests() => _deadlines = new Deadlines(_time);

    [Fact]
    public void A_deadline_can_move_forwards_and_backwards()
    {
        Schedule("a", 10);
        Schedule("a", 3);
        Assert.Equal(["a"], Advance(3));
        Schedule("b", 2);
        Schedule("b", 5);
        Assert.Empty(Advance(4));
        Assert.Equal(["b"], Advance(1));
        Assert.Empty(Advance(100));
    }

    [Fact]
    public void A_cancelled_deadline_does_not_run_and_a_later_one_of_its_key_does()
    {
        Schedule("a", 1);
        _deadlines.Cancel(Key("a"));
        Schedule("a", 5);
        Assert.Empty(Advance(4));
        Assert.Equal(["a"], Advance(1));
    }

    [Fact]
    public void What_an_action_schedules_for_now_runs_at_once()
    {
        _deadlines.Schedule(Key("a"), TimeSpan.Zero, () => Schedule("b", 0));
        Assert.Equal(["b"], Advance(0));
    }

    /// <summary>Against a plain dictionary, second by second.</summary>
    [Fact]
    public void Deadlines_run_when_they_are_due_whatever_is_scheduled_moved_and_cancelled() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[-1, 6]).Array[0, 40].Sample(steps =>
        {
            var test = new DeadlinesTests();
            var model = new Dictionary<string, int>();
            for (var now = 0; now < steps.Length; now++)
            {
                var (name, delay) = ($"{steps[now].Item1}", steps[now].Item2);
                if (delay < 0)
                {
                    test._deadlines.Cancel(Key(name));
                    model.Remove(name);
                }
                else
                {
                    test.Schedule(name, delay);
                    model[name] = now + delay;
                }

                var due = model.Where(deadline => deadline.Value <= now + 1).Select(deadline => deadline.Key).ToHashSet();
                foreach (var each in due) { model.Remove(each); }
                Assert.Equal(due, test.Advance(1).ToHashSet());
                Assert.True(model.Count == 0 || test._deadlines.UntilNext <= TimeSpan.FromSeconds(model.Values.Min() - now - 1));
            }
        });

    private static DeadlineKey Key(string name) => new(DeadlineKind.Session, name);

    private void Schedule(string name, int seconds) => _deadlines.Schedule(Key(name), TimeSpan.FromSeconds(seconds), () => _run.Add(name));

    private List<string> Advance(int seconds)
    {
        _run.Clear();
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _deadlines.RunDue();
        return [.. _run];
    }
}
