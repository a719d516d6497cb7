#!/usr/bin/env python3
"""kafka-python 2.0 against a Kafka cluster: kafka_python.py BOOTSTRAP

Prints one line a check; the first that fails ends the program with status 1.
"""
import sys
import threading
import time
import uuid

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.errors import (KafkaError, MessageSizeTooLargeError, TopicAlreadyExistsError, UnknownTopicOrPartitionError)
from kafka.structs import OffsetAndMetadata

BOOTSTRAP = sys.argv[1]
RUN = "kp-" + uuid.uuid4().hex[:10]
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


def consumer(*topics, **options):
    settings = dict(bootstrap_servers=BOOTSTRAP, auto_offset_reset="earliest", enable_auto_commit=False, consumer_timeout_ms=LIMIT * 1000)
    settings.update(options)
    return KafkaConsumer(*topics, **settings)


def read(topic, count, **options):
    with_timeout = consumer(**options)
    partitions = [TopicPartition(topic, p) for p in sorted(with_timeout.partitions_for_topic(topic))]
    with_timeout.assign(partitions)
    with_timeout.seek_to_beginning()
    records = []
    for record in with_timeout:
        records.append(record)
        if len(records) == count:
            break
    with_timeout.close()
    return records


def topics_and_configs(admin):
    name = f"{RUN}-admin"
    admin.create_topics([NewTopic(name, 2, 1, topic_configs={"retention.ms": "7200000"})])
    wait_for("the topic", lambda: name in admin.list_topics())
    try:
        admin.create_topics([NewTopic(name, 2, 1)])
        check("a second creation is refused", False)
    except TopicAlreadyExistsError:
        check("a second creation is refused", True)
    described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    values = {entry[0]: entry[1] for response in described for resource in response.resources for entry in resource[4]}
    check("configs are described", values.get("retention.ms") == "7200000" and len(values) > 15, values)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs={"retention.ms": "3600000"})])

    def altered():
        answer = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
        return {e[0]: e[1] for r in answer for x in r.resources for e in x[4]}.get("retention.ms") == "3600000"

    wait_for("the altered config", altered)
    check("configs are altered", True)
    admin.create_partitions({name: NewPartitions(4)})
    wait_for("four partitions", lambda: len(admin.describe_topics([name])[0]["partitions"]) == 4)
    check("partitions are added", True)
    cluster = admin.describe_cluster()
    check("the cluster describes itself", len(cluster["brokers"]) >= 1 and cluster["cluster_id"], cluster)
    admin.delete_topics([name])
    wait_for("the topic to go", lambda: name not in admin.list_topics())
    check("a topic is deleted", True)
    try:
        admin.delete_topics([name])
        check("deleting it again is refused", False)
    except UnknownTopicOrPartitionError:
        check("deleting it again is refused", True)


def codecs(admin):
    for codec in (None, "gzip", "snappy", "lz4", "zstd"):
        topic = f"{RUN}-{codec or 'none'}"
        admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"retention.ms": "-1"})])  # the records bear old timestamps
        try:
            producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, compression_type=codec, acks="all", retries=5, linger_ms=5)
        except AssertionError:
            print(f"ok - codec {codec} has no library here")
            continue
        sent = [producer.send(topic, key=b"k%d" % n, value=b"value %d " % n + b"x" * 50, headers=[("n", b"%d" % n)], timestamp_ms=1_700_000_000_000 + n) for n in range(300)]
        producer.flush(LIMIT)
        check(f"acknowledges offsets in order with codec {codec}", [f.get(LIMIT).offset for f in sent] == list(range(300)))
        records = read(topic, 300)
        check(
            f"reads records as written with codec {codec}",
            [(r.offset, r.key, r.value, r.headers, r.timestamp) for r in records]
            == [(n, b"k%d" % n, b"value %d " % n + b"x" * 50, [("n", b"%d" % n)], 1_700_000_000_000 + n) for n in range(300)])
        producer.close()


def positions():
    topic = f"{RUN}-none"
    reader = consumer()
    partition = TopicPartition(topic, 0)
    check("the beginning and the end", (reader.beginning_offsets([partition])[partition], reader.end_offsets([partition])[partition]) == (0, 300))
    at = reader.offsets_for_times({partition: 1_700_000_000_123})[partition]
    check("an offset by time", (at.offset, at.timestamp) == (123, 1_700_000_000_123), at)
    check("no offset after the last time", reader.offsets_for_times({partition: 1_800_000_000_000})[partition] is None)
    reader.assign([partition])
    reader.seek(partition, 123)
    check("a seek", next(reader).offset == 123)
    reader.seek_to_end(partition)
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP)
    check("the end's position", reader.position(partition) == 300)
    producer.send(topic, value=None, key=b"tombstone").get(LIMIT)
    last = next(reader)
    check("a null value after the end", (last.offset, last.key, last.value) == (300, b"tombstone", None), last)
    big = KafkaProducer(bootstrap_servers=BOOTSTRAP, max_request_size=20_000_000)
    try:
        big.send(topic, b"x" * 3_000_000).get(LIMIT)
        check("a record that is too large is refused", False)
    except MessageSizeTooLargeError:
        check("a record that is too large is refused", True)
    for acks in (0, 1):
        light = KafkaProducer(bootstrap_servers=BOOTSTRAP, acks=acks)
        for n in range(20):
            light.send(topic, b"acks%d" % acks)
        light.flush(LIMIT)
        light.close()
    wait_for("records sent with acks 0 and 1", lambda: reader.end_offsets([partition])[partition] == 341)
    check("acks 0 and 1", True)
    reader.close()


class Member(threading.Thread):
    def __init__(self, topic, group):
        super().__init__(daemon=True)
        self.records, self.stopping, self.error = [], False, None
        self.client = consumer(topic, group_id=group, session_timeout_ms=10_000, heartbeat_interval_ms=500, consumer_timeout_ms=float("inf"), max_poll_records=50)
        self.assigned = set()
        self.start()

    def run(self):
        try:
            while not self.stopping:
                batches = self.client.poll(timeout_ms=100)
                for records in batches.values():
                    self.records += records
                if batches:
                    self.client.commit()
                self.assigned = self.client.assignment()
            self.client.close(autocommit=False)
        except Exception as e:  # shown by the main thread
            self.error = e


def groups(admin):
    topic, group = f"{RUN}-group", f"{RUN}-group"
    admin.create_topics([NewTopic(topic, 6, 1)])
    wait_for("six partitions", lambda: len(admin.describe_topics([topic])[0]["partitions"]) == 6)
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP)

    def produce(count):
        for n in range(count):
            producer.send(topic, b"%d" % n, partition=n % 6)
        producer.flush(LIMIT)

    members = []
    for count in (1, 2, 3):
        members.append(Member(topic, group))
        wait_for(f"{count} members to share 6 partitions: {[m.error for m in members]}", lambda: all(len(m.assigned) == 6 // count for m in members))
    check("three members share six partitions", len(set().union(*(m.assigned for m in members))) == 6)
    produce(600)
    wait_for("600 records", lambda: sum(len(m.records) for m in members) >= 600)
    check("the group is listed", (group, "consumer") in admin.list_consumer_groups())
    described = admin.describe_consumer_groups([group])[0]
    check("the group is described", (described.state, len(described.members), described.protocol) == ("Stable", 3, "range"), described)
    members[2].stopping = True
    members[2].join(LIMIT)
    wait_for("two members to share 6 partitions", lambda: all(len(m.assigned) == 3 for m in members[:2]))
    produce(600)
    wait_for("1200 records", lambda: sum(len(m.records) for m in members) >= 1200)
    seen = [(r.partition, r.offset) for m in members for r in m.records]
    check("each record is read once", len(seen) == 1200 and len(set(seen)) == 1200, len(seen))
    for member in members[:2]:
        member.stopping = True
        member.join(LIMIT)
    check("no member failed", all(m.error is None for m in members), [m.error for m in members])
    offsets = admin.list_consumer_group_offsets(group)
    check("the group's offsets are listed", {p.partition: o.offset for p, o in offsets.items()} == {p: 200 for p in range(6)}, offsets)

    alone = consumer(group_id=group)
    alone.assign([TopicPartition(topic, 0)])
    alone.commit({TopicPartition(topic, 0): OffsetAndMetadata(77, "note")})
    check("a commit with metadata", alone.committed(TopicPartition(topic, 0), metadata=True) == OffsetAndMetadata(77, "note"))
    check("goes on at the commit", next(alone).offset == 77)
    alone.close(autocommit=False)
    wait_for("the group to be empty", lambda: admin.describe_consumer_groups([group])[0].state == "Empty")
    result = admin.delete_consumer_groups([group])
    check("the group is deleted", result[0][1].errno == 0, result)


def main():
    admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    topics_and_configs(admin)
    codecs(admin)
    positions()
    groups(admin)
    names = [name for name in admin.list_topics() if name.startswith(RUN)]
    admin.delete_topics(names)
    print("all checks passed")


try:
    main()
except KafkaError as e:
    check(f"unexpected {e!r}", False)
