"""Read an image's width and height from the first bytes of its file, so that pages do not jump while it loads."""

import struct
from pathlib import Path
from typing import BinaryIO

Size = tuple[int, int]


def image_size(path: Path) -> Size | None:
    """Width and height in pixels of a PNG, JPEG, GIF or WebP file; None for anything else or a broken file."""
    try:
        with path.open("rb") as file:
            size = _read(file)
    except (OSError, struct.error, IndexError):
        return None
    return size if size and size[0] > 0 and size[1] > 0 else None


def _read(file: BinaryIO) -> Size | None:
    head = file.read(32)
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return _pair(">II", head, 16)
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return _pair("<HH", head, 6)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp(head)
    if head[:2] == b"\xff\xd8":
        file.seek(2)
        return _jpeg(file)
    return None


def _pair(layout: str, data: bytes, offset: int) -> Size:
    first, second = struct.unpack_from(layout, data, offset)
    return first, second


def _webp(head: bytes) -> Size | None:
    if head[12:16] == b"VP8 ":
        width, height = _pair("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    if head[12:16] == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if head[12:16] == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    return None


def _jpeg(file: BinaryIO) -> Size | None:
    for _ in range(200):
        marker = file.read(2)
        while len(marker) == 2 and marker[1] == 0xFF:
            marker = marker[1:] + file.read(1)
        if len(marker) < 2 or marker[0] != 0xFF:
            return None
        (length,) = struct.unpack(">H", file.read(2))
        if 0xC0 <= marker[1] <= 0xCF and marker[1] not in (0xC4, 0xC8, 0xCC):
            height, width = _pair(">HH", file.read(5), 1)
            return width, height
        file.seek(length - 2, 1)
    return None
