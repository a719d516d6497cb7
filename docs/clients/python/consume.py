"""Prints predictions as they come. Offsets are committed after each batch has been printed, so none is missed.

    /usr/bin/python3 docs/clients/python/consume.py --count 100
"""
import argparse
import sys
import time

from confluent_kafka import Consumer, KafkaError

from hsavro import Registry, decode

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("--bootstrap-servers", default="127.0.0.1:9092")
options.add_argument("--registry", default="http://127.0.0.1:8081")
options.add_argument("--group", default="filing-example")
options.add_argument("--count", type=int, help="stop after so many predictions")
options.add_argument("--timeout", type=float, default=60, help="seconds without a prediction after which --count gives up")
options = options.parse_args()

registry = Registry(options.registry)
consumer = Consumer({
    "bootstrap.servers": options.bootstrap_servers,
    "group.id": options.group,
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    # Predictions are written in transactions: what was not committed does not count.
    "isolation.level": "read_committed",
})
consumer.subscribe(["hs.predictions"])
seen = set()
printed = 0
last = time.monotonic()
try:
    while options.count is None or printed < options.count:
        batch = consumer.consume(500, timeout=0.5)
        for message in batch:
            if message.error():
                if message.error().code() == KafkaError._PARTITION_EOF:
                    continue
                sys.exit(str(message.error()))
            prediction = decode(registry, message.value())
            # A description that was published twice has two predictions with one id: the second is a repetition.
            if prediction["prediction_id"] in seen:
                continue
            seen.add(prediction["prediction_id"])
            best = prediction["subheadings"][0]
            print(f"{prediction['description_id']}\t{prediction['outcome']}\t{prediction['code']}\t{best['probability']:.3f}", flush=True)
            printed += 1
            last = time.monotonic()
        if batch:
            consumer.commit(asynchronous=False)
        elif options.count is not None and time.monotonic() - last > options.timeout:
            sys.exit(f"only {printed} of {options.count} predictions came within {options.timeout} s")
finally:
    consumer.close()
