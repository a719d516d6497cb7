#!/usr/bin/env python3
"""Writes folding.bin, the character table of the encoder (read by Folding.cs), from Python's Unicode data.

For each code point: NFKC, lower case, NFKC again, diacritics off, NFC. The table is a file and not a call into the
runtime because its version of Unicode would change features under a trained model, and because the runtime does not
normalise at all in invariant mode. Regenerating with another Unicode version needs a new file name and table version.

Layout, little endian: "HSFO", u32 version, u32 page count, u16 page[0x1100] (page of each 256 code points), then the
pages, u16[256] each, then u32 entry count, u32 offset[entry count + 1] into u32 length + UTF-16 text.
A cell is 0 separator, 1 dropped, 2 itself, 3 itself and of a script written without spaces, 4 control character,
8 + i for the text of entry i.

usage: folding.py OUT_FILE
"""
import struct, sys, unicodedata

SEPARATOR, DROPPED, ITSELF, UNSPACED, CONTROL, FIRST_ENTRY = 0, 1, 2, 3, 4, 8
KEPT = "%<>"
# Marks that are accents on letters of Latin, Greek and Cyrillic, Hebrew points, Arabic vowels, variation selectors.
# Vowel signs of Indic and South-East Asian scripts are letters here: without them words fall together.
ACCENTS = [(0x300, 0x36F), (0x483, 0x489), (0x591, 0x5C7), (0x610, 0x61A), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6ED),
           (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF)]
# Letters that Unicode does not decompose but that are typed without their stroke or ligature.
# Zero-width space, and the trade and service marks that NFKC would glue to the brand as letters.
BREAKS = {0x200B, 0x2122, 0x2120}
STROKED = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "đ": "d", "þ": "th", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "ŋ": "n", "ĸ": "k"}
UNSPACED_NAMES = ("CJK ", "HIRAGANA ", "KATAKANA", "THAI ", "LAO ", "KHMER ", "MYANMAR ", "BOPOMOFO ")
UNSPACED_RANGES = [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x323AF), (0x3005, 0x3007), (0x30FC, 0x30FC)]


def within(c, ranges):
    return any(a <= c <= b for a, b in ranges)


def word(ch):
    return ch in KEPT or unicodedata.category(ch)[0] in "LNM"


def unspaced(c):
    return within(c, UNSPACED_RANGES) or unicodedata.name(chr(c), "").startswith(UNSPACED_NAMES)


def fold(c):
    ch = chr(c)
    if unicodedata.decomposition(ch).startswith("<fraction>"):
        return " " + unicodedata.normalize("NFKC", ch).replace("\u2044", " ") + " "  # 1¾ is not 13 4
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", ch).lower())
    if all(within(ord(x), [(0x3040, 0x30FF)]) for x in text):
        marks = text  # the voicing mark of kana makes another letter, it is no accent
    else:
        marks = "".join(x for x in unicodedata.normalize("NFKD", text) if not within(ord(x), ACCENTS))
    out = []
    for x in unicodedata.normalize("NFC", marks):
        if x in STROKED:
            out.append(STROKED[x])
        elif unicodedata.category(x) == "Nd":
            out.append(str(unicodedata.digit(x)))
        elif word(x):
            out.append(x)
        elif out and out[-1] != " ":
            out.append(" ")
    return "".join(out).rstrip(" ")


def cell(c, entries):
    ch, category = chr(c), unicodedata.category(chr(c))
    if category == "Cc":
        return SEPARATOR if ch in "\t\n\r" else CONTROL
    if c in BREAKS:
        return SEPARATOR
    if category == "Cf" or within(c, ACCENTS):
        return DROPPED  # soft hyphen, joiners, byte order mark, accents typed apart
    text = fold(c) if category not in ("Cs", "Co", "Cn") else ""
    if text == "":
        return SEPARATOR
    if text == ch:
        return UNSPACED if unspaced(c) else ITSELF
    return FIRST_ENTRY + entries.setdefault(text, len(entries))


def main():
    entries, pages, index = {}, {}, []
    for page in range(0x1100):
        cells = struct.pack("<256H", *(cell(page * 256 + i, entries) for i in range(256)))
        index.append(pages.setdefault(cells, len(pages)))
    texts = [t.encode("utf-16-le") for t in entries]
    offsets, at = [0], 0
    for t in texts:
        at += len(t) // 2
        offsets.append(at)
    with open(sys.argv[1], "wb") as f:
        f.write(b"HSFO" + struct.pack("<II", 1, len(pages)) + struct.pack("<4352H", *index) + b"".join(pages))
        f.write(struct.pack(f"<I{len(offsets)}I", len(texts), *offsets) + struct.pack("<I", at) + b"".join(texts))
    print(f"Unicode {unicodedata.unidata_version}: {len(pages)} pages, {len(texts)} entries")


if __name__ == "__main__":
    main()
