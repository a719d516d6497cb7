#!/usr/bin/env python3
"""Writes golden protocol messages from Kafka's own message schemas, independently of HsStream's reader and writer.

    make_golden.py KAFKA_MESSAGE_DIR      (clients/src/main/resources/common/message of a Kafka checkout)

Output, beside this file: versions.txt (one line an API: key, name, first and last valid version, first flexible version) and
messages.txt (for each layout of each served API: the values in wire order, then the body in hex, without header). A layout is
written once for the run of versions that share it. Variants: full (every field set, two elements an array), null (every
nullable field null, other arrays empty) and tagged (full, with an unknown tagged field at the end of every structure).
"""
import json, os, re, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
# Served versions: the first and the last that HsStream reads and writes.
SERVED = {
    0: (3, 11), 1: (4, 13), 2: (1, 7), 3: (0, 12), 8: (2, 8), 9: (1, 8), 10: (0, 4), 11: (0, 9), 12: (0, 4), 13: (0, 5),
    14: (0, 5), 15: (0, 5), 16: (0, 5), 18: (0, 4), 19: (2, 7), 20: (1, 6), 21: (0, 2), 22: (0, 4), 23: (2, 4), 24: (0, 3),
    25: (0, 3), 26: (0, 3), 28: (0, 3), 32: (1, 4), 33: (0, 2), 37: (0, 3), 42: (0, 2), 44: (0, 1), 47: (0, 0), 60: (0, 1),
    65: (0, 0), 66: (0, 1),
}
NEVER = 32767


def span(text):
    if text in (None, "none"):
        return (NEVER, -1)
    if text.endswith("+"):
        return (int(text[:-1]), NEVER)
    low, _, high = text.partition("-")
    return (int(low), int(high or low))


def inside(version, text):
    low, high = span(text)
    return low <= version <= high


def load(directory):
    schemas = {}
    for name in sorted(os.listdir(directory)):
        if name.endswith(("Request.json", "Response.json")):
            lines = open(os.path.join(directory, name), encoding="utf-8").read().splitlines()
            schema = json.loads("\n".join(line for line in lines if not line.strip().startswith("//")))
            if "apiKey" in schema:
                schemas[(schema["apiKey"], schema["type"])] = schema
    return schemas


class Encoder:
    def __init__(self, schema, version, variant):
        self.schema, self.version, self.variant = schema, version, variant
        self.flexible = inside(version, schema.get("flexibleVersions", "none"))
        self.structs = {s["name"]: s["fields"] for s in schema.get("commonStructs", [])}
        self.out, self.values, self.counter = bytearray(), [], 0

    def next(self):
        self.counter += 1
        return self.counter

    def uvarint(self, n):
        while n >= 0x80:
            self.out.append(n & 0x7F | 0x80)
            n >>= 7
        self.out.append(n)

    def tags(self):
        if self.flexible:
            self.out += b"\x01\xf0\x07\x03\x01\x02\x03" if self.variant == "tagged" else b"\x00"

    def struct(self, fields):
        for field in fields:
            if inside(self.version, field["versions"]) and "tag" not in field:
                self.field(field)
        self.tags()

    def length(self, n, classic, flexible=None):
        if self.flexible if flexible is None else flexible:
            self.uvarint(n + 1)
        else:
            self.out += struct.pack(classic, n)

    def field(self, field):
        kind, name = field["type"], field["name"]
        null = self.variant == "null"
        nullable = inside(self.version, field.get("nullableVersions"))
        if kind.startswith("[]"):
            if null and nullable:
                self.length(-1, ">i")
                return
            count = 0 if null else 2
            self.length(count, ">i")
            element = kind[2:]
            for _ in range(count):
                if element[0].isupper():
                    self.struct(field.get("fields") or self.structs[element])
                else:
                    self.leaf(element, name, False)
        elif kind[0].isupper():
            raise SystemExit(f"plain struct field {name} is not handled")
        else:
            flexible = None if field.get("flexibleVersions") != "none" else False
            self.leaf(kind, name, null and nullable, flexible)

    def leaf(self, kind, name, null, flexible=None):
        n = self.next()
        if kind in ("int8", "int16", "int32", "int64"):
            size = {"int8": ">b", "int16": ">h", "int32": ">i", "int64": ">q"}[kind]
            value = {"int8": n % 128, "int16": n * 37 + 7, "int32": n * 70001 + 3, "int64": (n << 40) + n}[kind]
            self.out += struct.pack(size, value)
        elif kind == "bool":
            value = "true"
            self.out.append(1)
        elif kind == "uuid":
            raw = bytes((n * 16 + i) % 256 for i in range(16))
            value = raw.hex()
            self.out += raw
        elif kind == "string":
            if null:
                value = "null"
                self.length(-1, ">h", flexible)
            else:
                value = f"{name}-{n}-\u00e9"
                raw = value.encode()
                self.length(len(raw), ">h", flexible)
                self.out += raw
        elif kind in ("bytes", "records"):
            if null:
                value = "null"
                self.length(-1, ">i")
            else:
                raw = bytes((n + i) % 256 for i in range(5))
                value = raw.hex()
                self.length(len(raw), ">i")
                self.out += raw
        else:
            raise SystemExit(f"type {kind} of {name} is not handled")
        self.values.append(f"{name}={value}")


def encode(schema, version, variant):
    encoder = Encoder(schema, version, variant)
    encoder.struct(schema["fields"])
    return encoder


def main():
    schemas = load(sys.argv[1])
    with open(os.path.join(HERE, "versions.txt"), "w", encoding="utf-8", newline="\n") as out:
        out.write("# key name first last flexible: from Kafka's message schemas (requests); flexible - means never\n")
        for (key, kind), schema in sorted(schemas.items()):
            if kind == "request" and key in SERVED:
                low, high = span(schema["validVersions"])
                flexible = span(schema.get("flexibleVersions", "none"))[0]
                name = re.sub("Request$", "", schema["name"])
                out.write(f"{key} {name} {low} {high} {'-' if flexible == NEVER else flexible}\n")
    with open(os.path.join(HERE, "messages.txt"), "w", encoding="utf-8", newline="\n") as out:
        out.write("# Golden message bodies; see make_golden.py. Added to, never edited by hand.\n")
        for key, (low, high) in sorted(SERVED.items()):
            for kind in ("request", "response"):
                schema = schemas[(key, kind)]
                for variant in ("full", "null", "tagged"):
                    runs = []
                    for version in range(low, high + 1):
                        encoder = encode(schema, version, variant)
                        if variant == "tagged" and not encoder.flexible:
                            continue
                        if runs and runs[-1][2].out == encoder.out:
                            runs[-1][1] = version
                        else:
                            runs.append([version, version, encoder])
                    for first, last, encoder in runs:
                        out.write(f"\n{key} {kind} {first}-{last} {variant}\n")
                        if variant != "tagged":
                            out.writelines(f"{value}\n" for value in encoder.values)
                        out.write(f"hex {encoder.out.hex()}\n")


main()
