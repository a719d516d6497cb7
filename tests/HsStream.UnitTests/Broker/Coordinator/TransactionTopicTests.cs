using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Coordinator;

/// <summary>Topics that go, or come again under their name, while a transaction holds them.</summary>
public sealed class TransactionTopicTests
{
    private readonly CoordinatorRig _rig = new();

    public TransactionTopicTests() => _rig.CreateTopic("t", 2);

    [Fact]
    public void A_deleted_topic_leaves_the_transaction_and_a_new_one_of_its_name_gets_no_marker()
    {
        _rig.CreateTopic("u");
        var producer = new Producer(_rig).Init();
        producer.Add(("t", 0), ("u", 0));
        producer.Produce("a");
        producer.Produce("b", "u");
        _rig.DeleteTopic("u");
        _rig.CreateTopic("u");
        Assert.Equal(ErrorCode.TransactionAbortable, producer.Produce("c", "u").Error);
        Assert.Equal(ErrorCode.None, producer.End(commit: true));
        Assert.Equal(["a"], _rig.Log("t").CommittedValues());
        Assert.Equal(0, _rig.Log("u").LogEndOffset);
    }

    [Fact]
    public void Records_that_slipped_into_a_topic_made_again_end_with_the_transaction()
    {
        _rig.CreateTopic("u");
        var producer = new Producer(_rig).Init();
        producer.Add(("t", 0), ("u", 0));
        var topic = _rig.Catalog.Find("u")!;
        _rig.Catalog.Delete(topic);
        _rig.CreateTopic("u");
        Assert.Equal(ErrorCode.None, producer.Produce("slipped", "u").Error);
        _rig.Coordinator.TopicDeleted(topic.Id, "u");
        Assert.Equal(ErrorCode.None, producer.End(commit: true));
        Assert.Equal(["slipped"], _rig.Log("u").CommittedValues());
    }

    [Fact]
    public void A_topic_made_again_while_the_transaction_is_ended_gets_no_marker()
    {
        _rig.CreateTopic("u");
        var producer = new Producer(_rig).Init();
        producer.Add(("t", 0), ("u", 0));
        producer.Produce("a");
        producer.Produce("b", "u");
        var end = producer.RequestEnd(true);
        _rig.Drain();
        _rig.DeleteTopic("u");
        _rig.CreateTopic("u");
        Assert.Equal(ErrorCode.None, _rig.Answer(end).Error);
        Assert.Equal(["a"], _rig.Log("t").CommittedValues());
        Assert.Equal(0, _rig.Log("u").LogEndOffset);
    }

    [Fact]
    public void Adding_a_topic_made_again_registers_the_new_one()
    {
        _rig.CreateTopic("u");
        var producer = new Producer(_rig).Init();
        producer.Add(("u", 0));
        var topic = _rig.Catalog.Find("u")!;
        _rig.Catalog.Delete(topic);
        _rig.CreateTopic("u");
        Assert.Equal(ErrorCode.None, producer.Add(("u", 0)));
        _rig.Coordinator.TopicDeleted(topic.Id, "u");
        Assert.Equal(ErrorCode.None, producer.End(commit: true));
        Assert.Equal(1, _rig.Log("u").LogEndOffset);
    }
}
