"""Avro in Confluent's framing (a zero byte, the schema's id in four bytes, the value), with python3-avro and nothing else."""
import io
import json
import struct
import urllib.parse
import urllib.request

import avro.io
import avro.schema


class Registry:
    """Schemas by subject and by id; each is asked for once."""

    def __init__(self, url):
        self._url = url.rstrip("/")
        self._schemas = {}

    def latest(self, subject):
        """(id, schema) of the newest version."""
        answer = self._get(f"/subjects/{urllib.parse.quote(subject, safe='')}/versions/latest")
        return answer["id"], self._parse(answer["id"], answer["schema"])

    def by_id(self, schema_id):
        if schema_id not in self._schemas:
            self._parse(schema_id, self._get(f"/schemas/ids/{schema_id}")["schema"])
        return self._schemas[schema_id]

    def _parse(self, schema_id, text):
        self._schemas[schema_id] = avro.schema.parse(text)
        return self._schemas[schema_id]

    def _get(self, path):
        with urllib.request.urlopen(self._url + path, timeout=10) as answer:
            return json.load(answer)


def encode(schema_id, schema, value):
    buffer = io.BytesIO()
    buffer.write(struct.pack(">bI", 0, schema_id))
    avro.io.DatumWriter(schema).write(value, avro.io.BinaryEncoder(buffer))
    return buffer.getvalue()


def decode(registry, data):
    """The value with the schema that wrote it; raises ValueError for bytes that are not framed Avro."""
    if data is None or len(data) < 5 or data[0] != 0:
        raise ValueError("expected a zero byte and a schema id, got " + repr(data[:5] if data else data))
    schema = registry.by_id(struct.unpack(">I", data[1:5])[0])
    return avro.io.DatumReader(schema, schema).read(avro.io.BinaryDecoder(io.BytesIO(data[5:])))
