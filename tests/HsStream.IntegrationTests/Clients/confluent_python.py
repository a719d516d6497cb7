#!/usr/bin/env python3
"""confluent-kafka 1.7 (librdkafka as packaged) against a Kafka cluster: confluent_python.py BOOTSTRAP

Prints one line a check; the first that fails ends the program with status 1.
"""
import sys
import threading
import time
import uuid

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition, OFFSET_BEGINNING, OFFSET_END, libversion
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

BOOTSTRAP = sys.argv[1]
RUN = "cp-" + uuid.uuid4().hex[:10]
LIMIT = 60


def check(name, condition, detail=""):
    if not condition:
        print(f"FAILED - {name} {detail}")
        sys.exit(1)
    print(f"ok - {name}", flush=True)


def wait_for(what, condition):
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            check(f"waited {LIMIT} s for {what}", False)
        time.sleep(0.02)


def result(futures):
    return {key: future.result(LIMIT) for key, future in futures.items()}


def error_of(futures):
    try:
        result(futures)
    except KafkaException as e:
        return e.args[0].code()
    return None


def consumer(**options):
    settings = {"bootstrap.servers": BOOTSTRAP, "group.id": f"{RUN}-reader", "auto.offset.reset": "earliest", "enable.auto.commit": False}
    settings.update({key.replace("_", "."): value for key, value in options.items()})
    return Consumer(settings)


def producer(**options):
    return Producer({"bootstrap.servers": BOOTSTRAP, "linger.ms": 5, **{key.replace("_", "."): value for key, value in options.items()}})


def create(admin, topic, partitions=1, **config):
    config = {"retention.ms": "-1", **config}  # some records bear old timestamps
    result(admin.create_topics([NewTopic(topic, partitions, 1, config={k.replace("_", "."): v for k, v in config.items()})]))
    wait_for(f"the leaders of {topic}", lambda: all(p.leader >= 0 for p in admin.list_topics(topic, 10).topics[topic].partitions.values())
             and len(admin.list_topics(topic, 10).topics[topic].partitions) == partitions)


def read(topic, partitions=1, offset=OFFSET_BEGINNING, **options):
    reader = consumer(enable_partition_eof=True, **options)
    reader.assign([TopicPartition(topic, p, offset) for p in range(partitions)])
    records, ends, end = [], set(), time.monotonic() + LIMIT
    while len(ends) < partitions:
        check(f"reads {topic} within {LIMIT} s", time.monotonic() < end) if time.monotonic() > end else None
        message = reader.poll(0.2)
        if message is None:
            continue
        if message.error():
            check("an end and no other error", message.error().code() == KafkaError._PARTITION_EOF, message.error())
            ends.add(message.partition())
        else:
            records.append(message)
    reader.close()
    return records


def codecs(admin):
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        topic = f"{RUN}-{codec}"
        create(admin, topic)
        sender, acknowledged = producer(compression_type=codec, enable_idempotence=True), []
        for n in range(300):
            sender.produce(topic, key=f"k{n}", value=f"value {n} " + "x" * 60, timestamp=1_700_000_000_000 + n, headers=[("n", str(n))],
                           on_delivery=lambda error, message: acknowledged.append((error, message.offset())))
        check(f"all records are sent with codec {codec}", sender.flush(LIMIT) == 0)
        check(f"acknowledges offsets in order with codec {codec}", acknowledged == [(None, n) for n in range(300)])
        records = read(topic)
        check(
            f"reads records as written with codec {codec}",
            [(m.offset(), m.key(), m.value(), m.headers(), m.timestamp()[1]) for m in records]
            == [(n, b"k%d" % n, (f"value {n} " + "x" * 60).encode(), [("n", b"%d" % n)], 1_700_000_000_000 + n) for n in range(300)])


def positions():
    topic = f"{RUN}-zstd"
    check("from an offset", [m.offset() for m in read(topic, offset=297)] == [297, 298, 299])
    check("from the end", read(topic, offset=OFFSET_END) == [])
    reader = consumer()
    check("the watermarks", reader.get_watermark_offsets(TopicPartition(topic, 0), LIMIT) == (0, 300))
    at = reader.offsets_for_times([TopicPartition(topic, 0, 1_700_000_000_123)], LIMIT)[0]
    check("an offset by time", (at.error, at.offset) == (None, 123), at)
    reader.close()


class Member(threading.Thread):
    def __init__(self, topic, group, **options):
        super().__init__(daemon=True)
        self.records, self.events, self.assigned, self.stopping, self.error = [], [], set(), False, None
        self.client = consumer(group_id=group, session_timeout_ms=10_000, heartbeat_interval_ms=500, enable_auto_offset_store=False, **options)
        self.cooperative = options.get("partition_assignment_strategy") == "cooperative-sticky"
        self.client.subscribe([topic], on_assign=self.on_assign, on_revoke=self.on_revoke)
        self.start()

    def on_assign(self, _, partitions):
        self.assigned |= {p.partition for p in partitions}
        self.events.append(f"+{len(partitions)}")

    def on_revoke(self, client, partitions):
        try:
            if partitions:
                client.commit(asynchronous=False)
        except KafkaException as e:
            if e.args[0].code() != KafkaError._NO_OFFSET:
                self.error = e
        self.assigned -= {p.partition for p in partitions}
        self.events.append(f"-{len(partitions)}")

    def run(self):
        while not self.stopping:
            message = self.client.poll(0.05)
            if message is None:
                continue
            if message.error():
                if message.error().fatal() or message.error().code() in (KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID):
                    self.error = message.error()
                    return
                continue
            self.records.append(message)
            self.client.store_offsets(message)
        self.client.close()

    def stop(self):
        self.stopping = True
        self.join(LIMIT)


def groups(admin):
    for assignor in ("range", "roundrobin", "cooperative-sticky"):
        topic = group = f"{RUN}-{assignor}"
        create(admin, topic, 6)
        sender = producer(enable_idempotence=True)

        def produce(count):
            for n in range(count):
                sender.produce(topic, value=str(n), partition=n % 6)
            check("all records are sent", sender.flush(LIMIT) == 0)

        members = []
        for count in (1, 2, 3):
            members.append(Member(topic, group, partition_assignment_strategy=assignor))
            wait_for(f"{count} members to share 6 partitions", lambda: all(len(m.assigned) == 6 // count for m in members)
                     and len(set().union(*(m.assigned for m in members))) == 6)
            produce(120)
        produce(240)
        wait_for("600 records", lambda: sum(len(m.records) for m in members) >= 600)
        members[2].stop()
        wait_for("two members to share 6 partitions", lambda: all(len(m.assigned) == 3 for m in members[:2]))
        produce(600)
        wait_for("1200 records", lambda: sum(len(m.records) for m in members) >= 1200)
        seen = [(m.partition(), m.offset()) for member in members for m in member.records]
        check(f"each record is read once with {assignor}", len(seen) == 1200 and len(set(seen)) == 1200, len(seen))
        check(f"no member failed with {assignor}", all(m.error is None for m in members), [m.error for m in members])
        for member in members[:2]:
            member.stop()
        committed = consumer(group_id=group).committed([TopicPartition(topic, p) for p in range(6)], LIMIT)
        check(f"the group committed its ends with {assignor}", [c.offset for c in committed] == [200] * 6, committed)


def static_members(admin):
    topic = group = f"{RUN}-static"
    create(admin, topic, 2)
    a = Member(topic, group, group_instance_id="a")
    b = Member(topic, group, group_instance_id="b")
    wait_for("two static members", lambda: len(a.assigned) == 1 and len(b.assigned) == 1)
    had, seen = set(a.assigned), len(b.events)
    a.stop()
    again = Member(topic, group, group_instance_id="a")
    wait_for("the static member's return", lambda: len(again.assigned) == 1)
    check("a static member returns to its partition", again.assigned == had)
    check("nobody else noticed", len(b.events) == seen, b.events)
    twin = Member(topic, group, group_instance_id="a")
    wait_for("the first of two twins to be fenced", lambda: again.error is not None)
    check("a twin fences the older one", again.error.code() in (KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID), again.error)
    twin.stop()
    b.stop()


def transactions(admin):
    topic, source, group = f"{RUN}-txn", f"{RUN}-source", f"{RUN}-txn-group"
    create(admin, topic, 2)
    create(admin, source)
    sender = producer(transactional_id=f"{RUN}-id", transaction_timeout_ms=60_000)
    sender.init_transactions(LIMIT)
    for word in ("commit", "abort", "commit2"):
        sender.begin_transaction()
        for n in range(20):
            sender.produce(topic, value=f"{word}-{n}", partition=n % 2)
        sender.flush(LIMIT)
        sender.abort_transaction(LIMIT) if word == "abort" else sender.commit_transaction(LIMIT)
    values = {m.value().decode().split("-")[0] for m in read(topic, 2, isolation_level="read_committed")}
    check("committed transactions are read, aborted ones not", values == {"commit", "commit2"}, values)
    check("an uncommitted reader sees all", len(read(topic, 2, isolation_level="read_uncommitted")) == 60)

    plain = producer()
    for n in range(10):
        plain.produce(source, value=str(n))
    plain.flush(LIMIT)
    reader = consumer(group_id=group)
    reader.subscribe([source])
    wait_for("the first record", lambda: reader.poll(0.2) is not None)
    sender.begin_transaction()
    sender.send_offsets_to_transaction([TopicPartition(source, 0, 7)], reader.consumer_group_metadata(), LIMIT)
    sender.commit_transaction(LIMIT)
    check("offsets are committed in the transaction", reader.committed([TopicPartition(source, 0)], LIMIT)[0].offset == 7)
    reader.close()

    heir = producer(transactional_id=f"{RUN}-id", transaction_timeout_ms=60_000)
    sender.begin_transaction()
    sender.produce(topic, value="zombie-0", partition=0)
    sender.flush(LIMIT)
    heir.init_transactions(LIMIT)
    try:
        sender.commit_transaction(LIMIT)
        check("a zombie is fenced", False)
    except KafkaException as e:
        check("a zombie is fenced", e.args[0].fatal(), e)
    check("a zombie's records are not read", not any(m.value().startswith(b"zombie") for m in read(topic, 2, isolation_level="read_committed")))


def administration(admin):
    topic = f"{RUN}-admin"
    create(admin, topic, 2, retention_ms="7200000")
    check("a second creation is refused", error_of(admin.create_topics([NewTopic(topic, 2, 1)])) == KafkaError.TOPIC_ALREADY_EXISTS)
    check("a bad config is refused", error_of(admin.create_topics([NewTopic(topic + "x", 1, 1, config={"no.such": "1"})])) == KafkaError.INVALID_CONFIG)
    resource = ConfigResource("topic", topic)
    described = result(admin.describe_configs([resource]))[resource]
    check("configs are described", described["retention.ms"].value == "7200000" and len(described) > 15)
    result(admin.alter_configs([ConfigResource("topic", topic, set_config={"retention.ms": "3600000"})]))
    wait_for("the altered config", lambda: result(admin.describe_configs([resource]))[resource]["retention.ms"].value == "3600000")
    check("configs are altered", True)
    result(admin.create_partitions([NewPartitions(topic, 4)]))
    wait_for("four partitions", lambda: len(admin.list_topics(topic, 10).topics[topic].partitions) == 4)
    check("partitions are added", True)
    check("groups are listed", any(g.id == f"{RUN}-range" for g in admin.list_groups(timeout=LIMIT)))
    result(admin.delete_topics([topic]))
    wait_for("the topic to go", lambda: topic not in admin.list_topics(timeout=10).topics)
    check("a topic is deleted", error_of(admin.delete_topics([topic])) == KafkaError.UNKNOWN_TOPIC_OR_PART)


def main():
    print("librdkafka", libversion()[0])
    admin = AdminClient({"bootstrap.servers": BOOTSTRAP})
    codecs(admin)
    positions()
    groups(admin)
    static_members(admin)
    transactions(admin)
    administration(admin)
    result(admin.delete_topics([name for name in admin.list_topics(timeout=10).topics if name.startswith(RUN)]))
    print("all checks passed")


main()
