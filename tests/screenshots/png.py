"""Pictures of pages with at most 256 colours: a third of the bytes, and nobody sees the difference in text."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_COLOURS, RGB, PALETTE = 256, 2, 3


def with_palette(png: bytes) -> bytes:
    """Return an 8-bit RGB picture, as Chromium takes them, with a palette of its most frequent colours; others become the nearest of them."""
    parts = dict(_parts(png))
    width, height, depth, kind = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    if (depth, kind) != (8, RGB):
        return png
    rows = list(_rows(zlib.decompress(parts[b"IDAT"]), width))
    counts = Counter(row[x : x + 3] for row in rows for x in range(0, width * 3, 3))
    palette = [colour for colour, _ in counts.most_common(MOST_COLOURS)]
    place = {colour: number for number, colour in enumerate(palette)}
    for colour in counts:
        place.setdefault(colour, min(range(len(palette)), key=lambda number: _distance(palette[number], colour)))
    pixels = b"".join(b"\0" + bytes(place[row[x : x + 3]] for x in range(0, width * 3, 3)) for row in rows)
    head = struct.pack(">IIBBBBB", width, height, 8, PALETTE, 0, 0, 0)
    made = ((b"IHDR", head), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in made)


def _parts(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, image = len(SIGNATURE), b""
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at : at + 8])
        data = png[at + 8 : at + 8 + size]
        image += data if name == b"IDAT" else b""
        at += 12 + size
        yield name, image if name == b"IDAT" else data


def _rows(raw: bytes, width: int) -> Iterator[bytes]:
    """Yield the rows with their filter taken off: https://www.w3.org/TR/png-3/#9Filters."""
    size, above = width * 3, bytes(width * 3)
    for start in range(0, len(raw), size + 1):
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + size])
        for x in range(size):
            left, corner = (row[x - 3], above[x - 3]) if x >= 3 else (0, 0)
            row[x] = (row[x] + (0, left, above[x], (left + above[x]) // 2, _paeth(left, above[x], corner))[kind]) & 255
        above = bytes(row)
        yield above


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def _distance(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
