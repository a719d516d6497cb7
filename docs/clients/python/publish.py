"""Publishes the descriptions of a CSV file (columns id and description) to hs.descriptions and waits until Kafka has them all.

    /usr/bin/python3 docs/clients/python/publish.py goods.csv
"""
import argparse
import csv
import sys

from confluent_kafka import Producer

from hsavro import Registry, encode

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("file")
options.add_argument("--bootstrap-servers", default="127.0.0.1:9092")
options.add_argument("--registry", default="http://127.0.0.1:8081")
options.add_argument("--source", default="python-example")
options = options.parse_args()

schema_id, schema = Registry(options.registry).latest("hs.descriptions-value")
# Idempotent: a retry neither doubles a record nor changes its place.
producer = Producer({"bootstrap.servers": options.bootstrap_servers, "enable.idempotence": True})
failed = []


def acknowledged(error, message):
    if error is not None:
        failed.append(f"{message.key()}: {error}")


sent = 0
with open(options.file, newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        value = {
            "description_id": row["id"],
            "text": row["description"],
            "source": options.source,
            "declared_code": None,
            "described_at": None,           # the record's own timestamp counts
            "attributes": {},
        }
        # The key is the description's id: it keeps revisions of one description in order.
        while True:
            try:
                producer.produce("hs.descriptions", key=row["id"], value=encode(schema_id, schema, value), on_delivery=acknowledged)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
        sent += 1
producer.flush()
if failed:
    sys.exit(f"{len(failed)} of {sent} descriptions were not acknowledged, such as {failed[0]}")
print(f"published {sent} descriptions")
