#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""strip.py PICTURE.png X Y LAYOUT: compares a picture with the announcement in its strip.
strip.py --pixels PICTURE.png: writes the picture's pixels, three bytes each.

X and Y: the strip's first pixel. LAYOUT: a file with lines `name x y width height`, as cluster-demo
--layout prints them. Written from docs/truth.md, not from the sources, to test both. Prints the alive
counter. Exit status 1 if there is no strip or a region differs.
"""
import struct
import sys
import zlib


def read_png(path):
    """Returns rows of (r, g, b) bytes. Reads 8-bit RGB, RGBA and palette pictures, not interlaced ones."""
    with open(path, "rb") as file:
        data = file.read()
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", body[:10])
        elif kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    step = {2: 3, 3: 1, 6: 4}[colour]
    raw, rows, above = zlib.decompress(packed), [], bytes(width * step)
    for y in range(height):
        line = raw[y * (width * step + 1):(y + 1) * (width * step + 1)]
        above = unfilter(line[0], bytearray(line[1:]), above, step)
        pixels = (above[i:i + 3] for i in range(0, len(above), step))
        rows.append(b"".join(palette[3 * p[0]:3 * p[0] + 3] for p in pixels) if colour == 3
                    else b"".join(pixels))
    return rows


def unfilter(kind, line, above, step):
    for i, value in enumerate(line):
        left = line[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        if kind == 4:
            p = left + up - corner
            guess = min((abs(p - left), 0, left), (abs(p - up), 1, up),
                        (abs(p - corner), 2, corner))[2]
        else:
            guess = (0, left, up, (left + up) // 2)[kind]
        line[i] = (value + guess) & 255
    return bytes(line)


def words(row, x, count):
    bits = []
    for i in range(x, x + 32 * count):
        pixel = row[3 * i:3 * i + 3]
        if not (min(pixel) >= 192 or max(pixel) <= 63):
            sys.exit("pixel %d of the strip is neither black nor white" % (i - x))
        bits.append(min(pixel) >= 192)
    return [sum(bit << (31 - i) for i, bit in enumerate(bits[32 * w:32 * w + 32]))
            for w in range(count)]


def main():
    if sys.argv[1] == "--pixels":
        sys.stdout.buffer.write(b"".join(read_png(sys.argv[2])))
        return
    rows = read_png(sys.argv[1])
    x, y = int(sys.argv[2]), int(sys.argv[3])
    with open(sys.argv[4]) as file:
        regions = [line.split() for line in file if not line.startswith("strip ")]
    said = words(rows[y], x, 4 + len(regions))
    if said[0] != 0x54525545 or said[2] != len(regions):
        sys.exit("there is no strip for %d regions" % len(regions))
    if said[-1] != zlib.crc32(b"".join(struct.pack(">I", w) for w in said[:-1])):
        sys.exit("the strip's own checksum is wrong")
    wrong = []
    for (name, *place), crc in zip(regions, said[3:-1]):
        left, top, width, height = map(int, place)
        pixels = b"".join(row[3 * left:3 * (left + width)] for row in rows[top:top + height])
        if zlib.crc32(pixels) != crc:
            wrong.append(name)
    print("alive %d" % said[1])
    if wrong:
        sys.exit("not as announced: " + " ".join(wrong))


main()
