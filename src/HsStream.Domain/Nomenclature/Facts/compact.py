#!/usr/bin/env python3
"""Writes the compact code lists and correlation that are embedded into HsStream.Domain.

Only numbers are kept: which codes an edition has, and which codes of two editions correspond. Texts are dropped.

inputs: two CSV lists with a column code (2, 4 and 6 digits) for HS 2017 and HS 2022; the UN Statistics Division's
correlation of them (hs2022,hs2017,...) and its conversion (hs2022,hs2017: the one code it picks for each).
usage: compact.py HS2017.csv HS2022.csv CORRELATION.csv CONVERSION.csv OUT_DIR
"""
import csv
import os
import sys


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def subheadings(path):
    # Heading 9999 ("not specified") is the United Nations' own, for statistics; the HS has no chapter 99.
    return sorted(r["code"] for r in read(path) if len(r["code"]) == 6 and r["code"][:2] < "98")


def write_codes(path, codes):
    headings = {}
    for code in codes:
        headings.setdefault(code[:4], []).append(code[4:])
    with open(path, "w", encoding="ascii") as f:
        for heading, rest in sorted(headings.items()):
            f.write(" ".join([heading, *rest]) + "\n")


def write_correlation(path, pairs, picked):
    targets = {}
    for new, old in pairs:
        if new[:2] < "98" and old[:2] < "98":
            targets.setdefault(new, set()).add(old)
    sources = {}
    for new, olds in targets.items():
        for old in olds:
            sources.setdefault(old, set()).add(new)
    lines = {}
    for new, olds in targets.items():
        if olds == {new} and sources[new] == {new}:
            continue  # unchanged: the reader takes a code of both editions that is not mentioned as 1:1
        first = picked[new]
        lines.setdefault((first, *sorted(olds - {first})), []).append(new)
    with open(path, "w", encoding="ascii") as f:
        for olds, news in sorted(lines.items(), key=lambda x: x[1]):
            f.write(" ".join(sorted(news)) + "\t" + " ".join(olds) + "\n")


def main():
    hs2017, hs2022, correlation, conversion, out = sys.argv[1:]
    write_codes(os.path.join(out, "hs2017.txt"), subheadings(hs2017))
    write_codes(os.path.join(out, "hs2022.txt"), subheadings(hs2022))
    write_correlation(
        os.path.join(out, "hs2022-hs2017.txt"),
        [(r["hs2022"], r["hs2017"]) for r in read(correlation)],
        {r["hs2022"]: r["hs2017"] for r in read(conversion)})


main()
